import { type DataSource } from 'typeorm';
import { type Verdict } from '#libs/evaluation/run/result';
import { type RunKind } from '#libs/evaluation/run/run';
import { type Sha256 } from '#libs/release/component';

/** What lists of runs show beside the runs themselves. */
export interface RunOutcome {
  readonly suiteName: string;
  /** null until it has succeeded. */
  readonly verdict: Verdict | null;
  readonly summary: string | null;
}

interface Row {
  readonly id: string;
  readonly name: string;
  readonly verdict: Verdict | null;
  readonly summary: string | null;
}

/** Verdicts of runs, read without their results. */
export class RunOutcomes {
  constructor(private readonly dataSource: DataSource) {}

  async read(ids: readonly string[]): Promise<ReadonlyMap<string, RunOutcome>> {
    const rows: Row[] = await this.dataSource.query(
      `SELECT run.id, suite.name, told.result -> 'verdict' AS verdict, told.result ->> 'summary' AS summary
       FROM signalbox.evaluation_run AS run JOIN signalbox.evaluation_suite AS suite ON suite.digest = run.suite
       CROSS JOIN LATERAL (SELECT run.result::jsonb AS result OFFSET 0) AS told WHERE run.id = ANY($1::uuid[])`,
      [ids],
    );
    return new Map(rows.map(({ id, name, verdict, summary }) => [id, { suiteName: name, verdict, summary }]));
  }

  /** Of the runs of a kind over two releases the newest that has succeeded, or else the newest; null where there is none. */
  async newestOf(kind: RunKind, candidate: Sha256, reference: Sha256): Promise<string | null> {
    const [row]: { id: string }[] = await this.dataSource.query(
      `SELECT id FROM signalbox.evaluation_run WHERE kind = $1 AND candidate = $2 AND reference = $3 ORDER BY (state = 'succeeded') DESC, created_at DESC, id DESC LIMIT 1`,
      [kind, candidate, reference],
    );
    return row?.id ?? null;
  }
}
