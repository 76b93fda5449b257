import { type DataSource } from 'typeorm';

/** How far a process has come with the quarantines of a model that it serves. */
export interface QuarantineHold {
  readonly processId: string;
  readonly host: string;
  readonly pid: number;
  readonly lastSeenAtMs: number;
  /** Generation that it enforces; null: it told none, such as a version that knows no quarantines. */
  readonly generation: number | null;
}

/** An expert that does not serve as usual in a process. */
export interface ObservedExpert {
  readonly releaseId: string;
  readonly layer: number;
  readonly expert: number;
  /** Of ExpertCondition of libs/runtime: quarantined, open, half-open. */
  readonly state: string;
  readonly reason: string;
  readonly sinceMs: number;
}

/** Of a process that was heard of lately. */
export interface ExpertOfProcess extends ObservedExpert {
  readonly processId: string;
}

/** Experts told of a process at most: one that has more has other troubles. */
const MAX_EXPERTS = 2_000;

/** What inference processes make of quarantines, and which experts do not serve there. */
export class QuarantineHolds {
  constructor(private readonly dataSource: DataSource) {}

  /** Processes that serve a model, oldest first. */
  async holds(model: string): Promise<readonly QuarantineHold[]> {
    const rows: (Omit<QuarantineHold, 'lastSeenAtMs'> & { lastSeenAt: Date })[] = await this.dataSource.query(
      `SELECT p.id AS "processId", p.host, p.pid, p.last_seen_at AS "lastSeenAt", o.quarantine_generation AS generation
       FROM signalbox.inference_process AS p JOIN signalbox.observed_activation AS o ON o.process_id = p.id
       WHERE o.model = $1 ORDER BY p.started_at, p.id LIMIT 1000`,
      [model],
    );
    return rows.map(({ lastSeenAt, ...hold }) => ({ ...hold, lastSeenAtMs: lastSeenAt.getTime() }));
  }

  /** Replaces what the process told before. @throws QueryFailedError where the process is not known yet, or any more */
  async report(processId: string, experts: readonly ObservedExpert[]): Promise<void> {
    const told = experts.slice(0, MAX_EXPERTS).map(({ sinceMs, ...expert }) => ({ ...expert, since: new Date(sinceMs).toISOString() }));
    await this.dataSource.transaction(async (manager) => {
      await manager.query('DELETE FROM signalbox.expert_health WHERE process_id = $1', [processId]);
      if (told.length === 0) return;
      await manager.query(
        `INSERT INTO signalbox.expert_health (process_id, release, layer, expert, state, reason, since)
         SELECT $1, "releaseId", layer, expert, state, reason, since
         FROM jsonb_to_recordset($2::jsonb) AS r("releaseId" text, layer int, expert int, state text, reason text, since timestamptz)`,
        [processId, JSON.stringify(told)],
      );
    });
  }

  /** Experts that do not serve as usual in a model's releases, told by processes that were heard of since then. */
  async experts(model: string, sinceMs: number): Promise<readonly ExpertOfProcess[]> {
    const rows: (Omit<ExpertOfProcess, 'sinceMs'> & { since: Date })[] = await this.dataSource.query(
      `SELECT h.process_id AS "processId", h.release AS "releaseId", h.layer, h.expert, h.state, h.reason, h.since
       FROM signalbox.expert_health AS h JOIN signalbox.inference_process AS p ON p.id = h.process_id JOIN signalbox.release AS r ON r.id = h.release
       WHERE r.model = $1 AND p.last_seen_at >= $2 ORDER BY h.release, h.layer, h.expert, p.started_at, p.id`,
      [model, new Date(sinceMs)],
    );
    return rows.map(({ since, ...expert }) => ({ ...expert, sinceMs: since.getTime() }));
  }
}
