import { type DataSource } from 'typeorm';
import { type ReleaseOutlines } from '../releases/release-outlines.ts';

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

/** Sums over the flushes of a time range. */
export interface ExpertFigure {
  readonly layer: number;
  readonly expert: number;
  readonly tokens: number;
  readonly runs: number;
  /** DDSketches of seconds per run, one for each flush, to be merged. */
  readonly sketches: readonly Uint8Array[];
}

export interface ExpertFiguresQuery {
  readonly releaseIds: readonly string[];
  /** Minutes from `fromMs` to before `toMs`. */
  readonly fromMs: number;
  readonly toMs: number;
  /** null: all layers. */
  readonly layer: number | null;
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
    private readonly releases: ReleaseOutlines,
  ) {}

  /** @throws Error when the database does not know the release */
  async write(flush: ExpertFiguresFlush): Promise<void> {
    const release = (await this.releases.resolve([flush.releaseId])).get(flush.releaseId)?.number;
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

  /** By layer and expert. */
  async read({ releaseIds, fromMs, toMs, layer }: ExpertFiguresQuery): Promise<readonly ExpertFigure[]> {
    const rows: Row[] = await this.dataSource.query(
      `SELECT layer, experts, tokens::float8[], runs::float8[], latency_sketches
       FROM signalbox.expert_figures_minute
       WHERE release = ANY(ARRAY(SELECT number FROM signalbox.release WHERE id = ANY($1::text[])))
         AND bucket >= $2 AND bucket < $3 AND ($4::int IS NULL OR layer = $4)`,
      [releaseIds, new Date(fromMs), new Date(toMs), layer],
    );
    const sums = new Map<string, { layer: number; expert: number; tokens: number; runs: number; sketches: Uint8Array[] }>();
    for (const row of rows) {
      for (const [i, expert] of row.experts.entries()) {
        const key = `${row.layer}/${expert}`;
        const sum = sums.get(key) ?? { layer: row.layer, expert, tokens: 0, runs: 0, sketches: [] };
        sums.set(key, sum);
        sum.tokens += row.tokens[i] ?? 0;
        sum.runs += row.runs[i] ?? 0;
        const sketch = row.latency_sketches[i];
        if (sketch) sum.sketches.push(sketch);
      }
    }
    return [...sums.values()].toSorted((a, b) => a.layer - b.layer || a.expert - b.expert);
  }
}
