import { type Segment } from '#libs/contract/capture/request-record';
import { type SeenSegments } from '#libs/store/detection/seen-segments';
import { type ServedRelease } from '../models/served-release.ts';

/** Which labels are new to a release, as last read: only for releases that send those the generalist path. */
export class ColdStart {
  #seen: ReadonlyMap<string, ReadonlySet<string> | null> = new Map();

  constructor(private readonly segments: Pick<SeenSegments, 'of'>) {}

  async look(releases: readonly Pick<ServedRelease, 'model' | 'releaseId' | 'manifest'>[]): Promise<void> {
    const wanted = releases.filter(({ manifest }) => manifest.routing.fallback?.coldStart !== undefined);
    const seen = new Map<string, ReadonlySet<string> | null>();
    for (const { model, releaseId, manifest: { shape: { layers, experts } } } of wanted) {
      const segments = await this.segments.of({ model, releaseId, layers, experts });
      seen.set(releaseId, segments && new Set(segments.map(keyOf)));
    }
    this.#seen = seen;
  }

  /** Whether the baseline in force has seen requests with these labels; null where nothing tells. */
  isSeen(releaseId: string, segment: Segment): boolean | null {
    return this.#seen.get(releaseId)?.has(keyOf(segment)) ?? null;
  }
}

function keyOf({ tenant, task, language }: Segment): string {
  return JSON.stringify([tenant, task, language]);
}
