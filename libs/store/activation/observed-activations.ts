import { type DataSource } from 'typeorm';

export interface InferenceProcess {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  readonly startedAtMs: number;
}

/** What one inference process makes of one model. */
export interface ObservedModel {
  readonly model: string;
  /** Generation it last took; 0 before its first. */
  readonly generation: number;
  readonly state: 'ready' | 'loading' | 'failed';
  /** Why it failed. */
  readonly detail: string | null;
  readonly stable: string | null;
  readonly canary: string | null;
  readonly shadow: string | null;
  readonly resident: readonly string[];
  /** Generation of the model's quarantines that it enforces; null or left out: it has not read them. */
  readonly quarantineGeneration?: number | null;
}

export interface ObservedProcess extends InferenceProcess {
  readonly lastSeenAtMs: number;
  readonly models: readonly ObservedModel[];
}

/** Processes shown at most: the most lately seen. */
const MAX_PROCESSES = 1000;

/** What each inference process says that it serves. */
export class ObservedActivations {
  constructor(private readonly dataSource: DataSource) {}

  /** Replaces what the process said before. */
  async report(process: InferenceProcess, models: readonly ObservedModel[], atMs: number): Promise<void> {
    const { id, host, pid, version, startedAtMs } = process;
    await this.dataSource.transaction(async (manager) => {
      await manager.query(
        `INSERT INTO signalbox.inference_process (id, host, pid, version, started_at, last_seen_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (id) DO UPDATE SET last_seen_at = EXCLUDED.last_seen_at`,
        [id, host, pid, version, new Date(startedAtMs), new Date(atMs)],
      );
      await manager.query(`DELETE FROM signalbox.observed_activation WHERE process_id = $1 AND model <> ALL($2::text[])`, [id, models.map(({ model }) => model)]);
      await manager.query(
        `INSERT INTO signalbox.observed_activation (process_id, model, generation, state, detail, stable_release, canary_release, shadow_release, resident, quarantine_generation)
         SELECT $1, model, generation, state, detail, stable, canary, shadow, resident, "quarantineGeneration"
         FROM jsonb_to_recordset($2::jsonb) AS r(model text, generation int, state text, detail text, stable text, canary text, shadow text, resident text[], "quarantineGeneration" int)
         ON CONFLICT (process_id, model) DO UPDATE SET generation = EXCLUDED.generation, state = EXCLUDED.state, detail = EXCLUDED.detail,
           stable_release = EXCLUDED.stable_release, canary_release = EXCLUDED.canary_release, shadow_release = EXCLUDED.shadow_release, resident = EXCLUDED.resident,
           quarantine_generation = EXCLUDED.quarantine_generation`,
        [id, JSON.stringify(models)],
      );
    });
  }

  /** Only that it lives: for when nothing changed. False where the process is not known any more. */
  async touch(id: string, atMs: number): Promise<boolean> {
    const rows: unknown[] = await this.dataSource.query(
      `WITH seen AS (UPDATE signalbox.inference_process SET last_seen_at = $2 WHERE id = $1 RETURNING id) SELECT id FROM seen`,
      [id, new Date(atMs)],
    );
    return rows.length === 1;
  }

  /** For a process that ends in order. */
  async remove(id: string): Promise<void> {
    await this.dataSource.query(`DELETE FROM signalbox.inference_process WHERE id = $1`, [id]);
  }

  /** Forgets processes that were last seen before then. */
  async sweep(beforeMs: number): Promise<void> {
    await this.dataSource.query(`DELETE FROM signalbox.inference_process WHERE last_seen_at < $1`, [new Date(beforeMs)]);
  }

  /** Oldest first. */
  async list(): Promise<readonly ObservedProcess[]> {
    const rows: (Omit<ObservedProcess, 'startedAtMs' | 'lastSeenAtMs'> & { startedAt: Date; lastSeenAt: Date })[] = await this.dataSource.query(
      `SELECT p.id, p.host, p.pid, p.version, p.started_at AS "startedAt", p.last_seen_at AS "lastSeenAt", COALESCE(m.models, '[]') AS models
       FROM (SELECT * FROM signalbox.inference_process ORDER BY last_seen_at DESC LIMIT ${MAX_PROCESSES}) AS p
       LEFT JOIN LATERAL (
         SELECT jsonb_agg(jsonb_build_object('model', model, 'generation', generation, 'state', state, 'detail', detail, 'stable', stable_release,
           'canary', canary_release, 'shadow', shadow_release, 'resident', resident) ORDER BY model) AS models
         FROM signalbox.observed_activation WHERE process_id = p.id) AS m ON true
       ORDER BY p.started_at, p.id`,
    );
    return rows.map(({ startedAt, lastSeenAt, ...same }) => ({ ...same, startedAtMs: startedAt.getTime(), lastSeenAtMs: lastSeenAt.getTime() }));
  }
}
