import { type DataSource, type EntityManager } from 'typeorm';
import { type AlertRule } from '#libs/alerting/rule/rule';
import { appendAudit, type AuditEntry } from '../audit/audit-log.ts';
import { isUniqueViolation } from '../unique-violation.ts';

/** Most rules of one Signalbox: each is evaluated over all readings of its signal. */
export const MAX_RULES = 500;

export interface StoredRule extends AlertRule {
  /** Counts the writes: the ETag. */
  readonly generation: number;
  readonly updatedBy: string;
  readonly updatedAtMs: number;
}

/** How a rule did so far. */
export interface RuleRecord {
  /** When an episode of it began last. */
  readonly lastFiredAtMs: number;
  /** Episodes that go on. */
  readonly firing: number;
}

export type RuleOutcome =
  | { readonly outcome: 'written'; readonly rule: StoredRule }
  | { readonly outcome: 'stale'; readonly generation: number }
  | { readonly outcome: 'missing' };

interface Row {
  readonly id: string;
  readonly signal: string;
  readonly document: Omit<AlertRule, 'id' | 'signal' | 'isEnabled'>;
  readonly is_enabled: boolean;
  readonly generation: number;
  readonly updated_by: string;
  readonly updated_at: Date;
}

const COLUMNS = 'id, signal, document, is_enabled, generation, updated_by, updated_at';

/** Rules of alerts. Every write carries its audit entry. */
export class AlertRules {
  constructor(private readonly dataSource: DataSource) {}

  /** By id; at most MAX_RULES. */
  list(): Promise<readonly StoredRule[]> {
    return readRules(this.dataSource.manager);
  }

  async find(id: string): Promise<StoredRule | null> {
    const rows: Row[] = await this.dataSource.query(`SELECT ${COLUMNS} FROM signalbox.alert_rule WHERE id = $1 AND deleted_at IS NULL`, [id]);
    return rows[0] ? toRule(rows[0]) : null;
  }

  /** By rule; those that never fired are left out. */
  async records(): Promise<ReadonlyMap<string, RuleRecord>> {
    const rows: { rule_id: string; last_fired: Date; firing: string }[] = await this.dataSource.query('SELECT rule_id, max(started_at) AS last_fired, count(*) FILTER (WHERE ended_at IS NULL) AS firing FROM signalbox.alert_episode GROUP BY rule_id');
    return new Map(rows.map(({ rule_id, last_fired, firing }) => [rule_id, { lastFiredAtMs: last_fired.getTime(), firing: Number(firing) }]));
  }

  /** `taken`: there is or was a rule of that id; `full`: there are MAX_RULES. */
  async insert(rule: AlertRule, atMs: number, audit: AuditEntry): Promise<StoredRule | 'taken' | 'full'> {
    try {
      return await this.dataSource.transaction(async (manager) => {
        const [count]: { n: string }[] = await manager.query('SELECT count(*) AS n FROM signalbox.alert_rule WHERE deleted_at IS NULL');
        if (Number(count?.n) >= MAX_RULES) return 'full';
        await manager.query(
          'INSERT INTO signalbox.alert_rule (id, signal, document, is_enabled, generation, updated_by, updated_at) VALUES ($1, $2, $3, $4, 1, $5, $6)',
          [rule.id, rule.signal, documentOf(rule), rule.isEnabled, audit.actor, new Date(atMs)],
        );
        await appendAudit(manager, audit);
        return { ...rule, generation: 1, updatedBy: audit.actor, updatedAtMs: atMs };
      });
    } catch (error) {
      if (isUniqueViolation(error)) return 'taken';
      throw error;
    }
  }

  /** Writes a rule anew, or takes it away (`wanted` null); its alerts then resolve at the next evaluation. */
  async write(id: string, expectedGeneration: number, wanted: AlertRule | null, atMs: number, audit: (before: StoredRule) => AuditEntry): Promise<RuleOutcome> {
    return this.dataSource.transaction(async (manager) => {
      const rows: Row[] = await manager.query(`SELECT ${COLUMNS} FROM signalbox.alert_rule WHERE id = $1 AND deleted_at IS NULL FOR UPDATE`, [id]);
      const before = rows[0] && toRule(rows[0]);
      if (!before) return { outcome: 'missing' };
      if (before.generation !== expectedGeneration) return { outcome: 'stale', generation: before.generation };
      const next = wanted ?? before;
      const entry = audit(before);
      await manager.query(
        'UPDATE signalbox.alert_rule SET signal = $2, document = $3, is_enabled = $4, deleted_at = $5, generation = generation + 1, updated_by = $6, updated_at = $7 WHERE id = $1',
        [id, next.signal, documentOf(next), next.isEnabled, wanted === null ? new Date(atMs) : null, entry.actor, new Date(atMs)],
      );
      await appendAudit(manager, entry);
      return { outcome: 'written', rule: { ...next, generation: before.generation + 1, updatedBy: entry.actor, updatedAtMs: atMs } };
    });
  }
}

/** By id. */
export async function readRules(manager: EntityManager): Promise<readonly StoredRule[]> {
  const rows: Row[] = await manager.query(`SELECT ${COLUMNS} FROM signalbox.alert_rule WHERE deleted_at IS NULL ORDER BY id LIMIT $1`, [MAX_RULES]);
  return rows.map(toRule);
}

function documentOf({ name, matchers, limits, timing, labels, annotations, actions }: AlertRule): string {
  return JSON.stringify({ name, matchers, limits, timing, labels, annotations, actions });
}

function toRule({ id, signal, document, is_enabled, generation, updated_by, updated_at }: Row): StoredRule {
  const { name, matchers, limits, timing, labels, annotations, actions } = document;
  return { id, signal, name, matchers, limits, timing, labels, annotations, actions, isEnabled: is_enabled, generation, updatedBy: updated_by, updatedAtMs: updated_at.getTime() };
}
