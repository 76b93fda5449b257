import { type DataSource } from 'typeorm';

/** What is watched for changes; each has a mark that differs after one. */
export const MARKS = ['activation', 'processes', 'releases', 'rollouts', 'changes', 'alerts', 'traffic', 'detection', 'baselines', 'imports', 'notifications'] as const;
export type Mark = (typeof MARKS)[number];

export interface ChangeMarks {
  /** Id of the newest audit entry; 0 for none. */
  readonly auditId: number;
  /** First words of the actions after the entry that was given, such as `alert-rule`; none when none was given. */
  readonly auditAreas: readonly string[];
  readonly marks: Readonly<Record<Mark, string>>;
}

/** Processes that were not heard of for so long count as gone. */
const GONE_AFTER_SECONDS = 5;

// Each part is an index scan to one row, or reads a table of few rows. What two transactions wrote at once can become
// visible in another order than that of its ids: acts of people show in the audit log all the same, whose entries are in order.
const SQL = `
  SELECT
    coalesce((SELECT max(id) FROM signalbox.audit_entry), 0)::float8 AS audit_id,
    ARRAY(SELECT DISTINCT split_part(action, '.', 1) FROM signalbox.audit_entry WHERE id > $1::bigint) AS audit_areas,
    (SELECT max(id) FROM signalbox.activation_event)::text AS activation,
    concat(
      (SELECT count(*) FROM signalbox.inference_process WHERE last_seen_at > now() - interval '${GONE_AFTER_SECONDS} s'),
      (SELECT md5(string_agg(concat_ws(',', process_id, model, generation, state, stable_release, canary_release, shadow_release, resident), ';' ORDER BY process_id, model)) FROM signalbox.observed_activation)) AS processes,
    (SELECT concat(count(*), '/', max(number)) FROM signalbox.release) AS releases,
    concat((SELECT max(id) FROM signalbox.rollout_verdict), '/', (SELECT max(updated_at) FROM signalbox.rollout WHERE ended_at IS NULL)) AS rollouts,
    (SELECT max(id) FROM signalbox.change_event)::text AS changes,
    (SELECT concat(count(*), '/', max(since), '/', count(*) FILTER (WHERE muted IS NOT NULL), '/', max(episode)) FROM signalbox.alert) AS alerts,
    (SELECT sequence FROM signalbox.trace_batch ORDER BY xid DESC, sequence DESC LIMIT 1)::text AS traffic,
    (SELECT sequence FROM signalbox.detection_progress)::text AS detection,
    (SELECT concat(count(*), '/', sum(generation), '/', sum(layers_done), '/', count(ended_at)) FROM signalbox.baseline) AS baselines,
    (SELECT md5(string_agg(concat_ws(',', id, status, progress), ';' ORDER BY id)) FROM (SELECT * FROM signalbox.import_job ORDER BY created_at DESC, id DESC LIMIT 20) AS newest) AS imports,
    concat((SELECT max(number) FROM signalbox.notification), '/', (SELECT max(id) FROM signalbox.delivery_attempt)) AS notifications`;

type Row = Readonly<Record<Mark, string | null>> & { readonly audit_id: number; readonly audit_areas: readonly string[] };

/** Tells in one cheap statement whether anything changed. */
export class ChangeMarksReader {
  constructor(private readonly dataSource: DataSource) {}

  /** @param afterAuditId areas are told of entries after this one; null: of none */
  async read(afterAuditId: number | null): Promise<ChangeMarks> {
    const [row]: Row[] = await this.dataSource.query(SQL, [afterAuditId]);
    if (!row) throw new Error('the statement gives one row');
    const marks = Object.fromEntries(MARKS.map((mark) => [mark, row[mark] ?? ''])) as Record<Mark, string>;
    return { auditId: row.audit_id, auditAreas: row.audit_areas, marks };
  }
}
