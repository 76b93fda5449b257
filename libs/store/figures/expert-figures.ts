import { DDSketch } from '@datadog/sketches-js';
import { type DataSource } from 'typeorm';
import { type ReleaseNumbers } from '../releases/release-numbers.ts';

/** How one expert ran since the last flush. */
export interface ExpertRuns {
  readonly layer: number;
  readonly expert: number;
  readonly tokens: number;
  readonly runs: number;
  /** DDSketch, protobuf encoding of @datadog/sketches-js, of seconds per run. */
  readonly latencySketch: Uint8Array;
}

export interface ExpertFiguresFlush {
  /** Makes a repeated write harmless. */
  readonly flushId: string;
  readonly atMs: number;
  readonly releaseId: string;
  readonly experts: readonly ExpertRuns[];
}

export interface ExpertLatency {
  readonly layer: number;
  readonly expert: number;
  readonly tokens: number;
  readonly runs: number;
  /** Seconds per run, within the sketch's 1% of the value; null without runs. */
  readonly latencySeconds: { readonly p50: number; readonly p95: number; readonly p99: number } | null;
}

interface Row {
  layer: number;
  experts: number[];
  tokens: number[];
  runs: number[];
  latency_sketches: Buffer[];
}

/** Figures of the experts' runs: written as flushed, merged when read. */
export class ExpertFigures {
  constructor(
    private readonly dataSource: DataSource,
    private readonly releases: ReleaseNumbers,
  ) {}

  /** @throws Error when the database does not know the release */
  async write(flush: ExpertFiguresFlush): Promise<void> {
    const release = (await this.releases.resolve([flush.releaseId])).get(flush.releaseId);
    if (release === undefined) throw new Error(`releaseId ${flush.releaseId} is not in the database`);
    const byLayer = Map.groupBy(flush.experts, ({ layer }) => layer);
    await this.dataSource.transaction(async (manager) => {
      for (const [layer, experts] of byLayer) {
        await manager.query(
          `INSERT INTO signalbox.expert_figures_minute (bucket, release, layer, flush_id, experts, tokens, runs, latency_sketches)
           VALUES (date_trunc('minute', $1::timestamptz), $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
          [
            new Date(flush.atMs),
            release,
            layer,
            flush.flushId,
            experts.map(({ expert }) => expert),
            experts.map(({ tokens }) => tokens),
            experts.map(({ runs }) => runs),
            experts.map(({ latencySketch }) => Buffer.from(latencySketch)),
          ],
        );
      }
    });
  }

  /** By layer and expert; minutes from `fromMs` to before `toMs`. */
  async read(releaseId: string, fromMs: number, toMs: number): Promise<readonly ExpertLatency[]> {
    const rows: Row[] = await this.dataSource.query(
      `SELECT layer, experts, tokens::float8[], runs::float8[], latency_sketches
       FROM signalbox.expert_figures_minute
       WHERE release = (SELECT number FROM signalbox.release WHERE id = $1) AND bucket >= $2 AND bucket < $3
       ORDER BY layer`,
      [releaseId, new Date(fromMs), new Date(toMs)],
    );
    const merged = new Map<string, { layer: number; expert: number; tokens: number; runs: number; sketch: DDSketch }>();
    for (const row of rows) {
      for (const [i, expert] of row.experts.entries()) {
        const key = `${row.layer}/${expert}`;
        const sketch = DDSketch.fromProto(row.latency_sketches[i] ?? new Uint8Array());
        const sum = merged.get(key);
        if (!sum) {
          merged.set(key, { layer: row.layer, expert, tokens: row.tokens[i] ?? 0, runs: row.runs[i] ?? 0, sketch });
          continue;
        }
        sum.tokens += row.tokens[i] ?? 0;
        sum.runs += row.runs[i] ?? 0;
        sum.sketch.merge(sketch);
      }
    }
    return [...merged.values()]
      .toSorted((a, b) => a.layer - b.layer || a.expert - b.expert)
      .map(({ sketch, ...same }) => ({ ...same, latencySeconds: quantiles(sketch) }));
  }
}

function quantiles(sketch: DDSketch): ExpertLatency['latencySeconds'] {
  if (sketch.count === 0) return null;
  const at = (q: number): number => sketch.getValueAtQuantile(q);
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
