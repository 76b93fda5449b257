import { DDSketch } from '@datadog/sketches-js';
import { setImmediate as breathe } from 'node:timers/promises';
import { type ExpertSpeed } from '#libs/detection/windows/slow-expert';
import { type ExpertFigures } from '#libs/store/figures/expert-figures';
import { type ServedRelease } from './measured-releases.ts';

const WINDOW_MS = 5 * 60_000;
/** Experts whose latencies are merged in a round at most; the layers take turns. */
const MAX_EXPERTS = 2048;
/** Weight of the newest median in an expert's past: about the last 50 rounds count. */
const MEMORY = 0.02;
/** Sketches merged between two looks at other work. */
const CHUNK = 64;

/** How fast experts run, and ran. The past is kept in memory: it begins anew with the process. */
export class ExpertSpeeds {
  readonly #pasts = new Map<string, number>();
  readonly #next = new Map<string, number>();

  constructor(private readonly figures: Pick<ExpertFigures, 'read'>) {}

  /** Of the layers whose turn it is, by layer. */
  async read({ releaseId, layers, experts }: ServedRelease, nowMs: number): Promise<ReadonlyMap<number, readonly ExpertSpeed[]>> {
    const turns = Math.max(1, Math.min(layers, Math.floor(MAX_EXPERTS / experts)));
    const first = this.#next.get(releaseId) ?? 0;
    this.#next.set(releaseId, (first + turns) % layers);
    const speeds = new Map<number, readonly ExpertSpeed[]>();
    for (let turn = 0; turn < turns; turn += 1) {
      const layer = (first + turn) % layers;
      speeds.set(layer, await this.#ofLayer(releaseId, layer, nowMs));
    }
    return speeds;
  }

  /** Forgets releases that serve no more. */
  keepOnly(releaseIds: ReadonlySet<string>): void {
    for (const key of this.#pasts.keys()) if (!releaseIds.has(key.split('/')[0] ?? '')) this.#pasts.delete(key);
    for (const releaseId of this.#next.keys()) if (!releaseIds.has(releaseId)) this.#next.delete(releaseId);
  }

  async #ofLayer(releaseId: string, layer: number, nowMs: number): Promise<readonly ExpertSpeed[]> {
    const figures = await this.figures.read({ releaseIds: [releaseId], fromMs: nowMs - WINDOW_MS, toMs: nowMs, layer });
    const speeds: ExpertSpeed[] = [];
    let merged = 0;
    for (const { expert, runs, sketches } of figures) {
      const medianMs = medianOf(sketches);
      merged += sketches.length;
      if (merged >= CHUNK) {
        merged = 0;
        await breathe();
      }
      if (medianMs === null) continue;
      const key = `${releaseId}/${layer}/${expert}`;
      const past = this.#pasts.get(key) ?? null;
      speeds.push({ expert, runs, medianMs, pastMedianMs: past });
      this.#pasts.set(key, past === null ? medianMs : past + MEMORY * (medianMs - past));
    }
    return speeds;
  }
}

function medianOf(sketches: readonly Uint8Array[]): number | null {
  const [first, ...rest] = sketches.map((bytes) => DDSketch.fromProto(bytes));
  if (!first) return null;
  for (const other of rest) first.merge(other);
  return first.count > 0 ? first.getValueAtQuantile(0.5) * 1000 : null;
}
