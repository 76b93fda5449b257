import { type DataSource, type EntityManager } from 'typeorm';
import { type DataRule, type DataRuleSet, ruleSetDigest } from '#libs/governance/data-rules/rule-set';
import { type Sha256 } from '#libs/release/component';
import { appendAudit, type AuditEntry } from '../audit/audit-log.ts';

export interface NewRuleSet {
  readonly model: string;
  readonly rules: readonly DataRule[];
  /** The generation the caller saw; 0 for none. */
  readonly expectedGeneration: number;
  readonly atMs: number;
  /** Account that writes it. */
  readonly by: string;
}

export type RuleSetOutcome = { readonly outcome: 'written'; readonly ruleSet: DataRuleSet } | { readonly outcome: 'stale' };

export interface StoredRuleSet extends DataRuleSet {
  readonly writtenAtMs: number;
  readonly writtenBy: string;
}

/** Names a rule set in force, cheap to compare. */
export interface RuleSetHead {
  readonly model: string;
  readonly generation: number;
  readonly digest: Sha256;
}

/** A stored rule set is not what its digest says: it was altered in the database. */
export class RuleSetDamagedError extends Error {
  override readonly name = 'RuleSetDamagedError';
}

/** Processes that serve listen here; they also look once a second. */
const CHANNEL = 'signalbox_activation';

interface Row {
  model: string;
  generation: number;
  digest: string;
  rules: string;
  written_at: Date;
  written_by: string;
}

/**
 * Writes the next generation of a model's rules, inside the caller's transaction, and tells the
 * processes that serve once it is committed. No audit entry: the caller appends it, last. Rules must
 * be sound: see faultsOf.
 */
export async function writeRuleSet(manager: EntityManager, { model, rules, expectedGeneration, atMs, by }: NewRuleSet): Promise<RuleSetOutcome> {
  const generation = expectedGeneration + 1;
  const digest = ruleSetDigest(model, generation, rules);
  // Two writers of the same generation meet at the key; one that skips generations saw none of them.
  const written: unknown[] = await manager.query(
    `INSERT INTO signalbox.data_rule_set (model, generation, digest, rules, written_at, written_by)
     SELECT $1, $2::int, $3, $4, $5, $6
     WHERE $2::int - 1 = (SELECT coalesce(max(generation), 0) FROM signalbox.data_rule_set WHERE model = $1)
     ON CONFLICT DO NOTHING RETURNING generation`,
    [model, generation, digest, JSON.stringify(rules), new Date(atMs), by],
  );
  if (written.length === 0) return { outcome: 'stale' };
  await manager.query('SELECT pg_notify($1, $2)', [CHANNEL, `rules:${model}`]);
  return { outcome: 'written', ruleSet: { model, generation, rules, digest } };
}

/** One transaction over the rules. */
export class RuleSetUnit {
  /** @param manager of a running transaction */
  constructor(readonly manager: EntityManager) {}

  /** @throws RuleSetDamagedError */
  current(model: string): Promise<StoredRuleSet | null> {
    return currentOf(this.manager, model);
  }

  write(next: NewRuleSet): Promise<RuleSetOutcome> {
    return writeRuleSet(this.manager, next);
  }

  /** Last of all. */
  append(entry: AuditEntry): Promise<void> {
    return appendAudit(this.manager, entry);
  }
}

/** Data-handling rules of each model, all generations. */
export class RuleSets {
  constructor(private readonly dataSource: DataSource) {}

  /** The rule set in force; null where the model never had one. @throws RuleSetDamagedError */
  async current(model: string): Promise<StoredRuleSet | null> {
    return currentOf(this.dataSource.manager, model);
  }

  transaction<T>(work: (unit: RuleSetUnit) => Promise<T>): Promise<T> {
    return this.dataSource.transaction((manager) => work(new RuleSetUnit(manager)));
  }

  /** For work that is part of another's transaction. */
  unit(manager: EntityManager): RuleSetUnit {
    return new RuleSetUnit(manager);
  }

  /** Which rule sets are in force, one for each model that has any. */
  async heads(): Promise<readonly RuleSetHead[]> {
    return this.dataSource.query(`SELECT DISTINCT ON (model) model, generation, digest FROM signalbox.data_rule_set ORDER BY model, generation DESC`);
  }

  /** The generation that a digest names. @throws RuleSetDamagedError */
  async byDigest(digest: Sha256): Promise<StoredRuleSet | null> {
    const rows: Row[] = await this.dataSource.query(`SELECT * FROM signalbox.data_rule_set WHERE digest = $1`, [digest]);
    return rows[0] ? toRuleSet(rows[0]) : null;
  }

  /** Newest first, those before a generation where one is given. @throws RuleSetDamagedError */
  async history(model: string, limit: number, beforeGeneration: number | null = null): Promise<readonly StoredRuleSet[]> {
    const rows: Row[] = await this.dataSource.query(
      `SELECT * FROM signalbox.data_rule_set WHERE model = $1 AND ($2::int IS NULL OR generation < $2) ORDER BY generation DESC LIMIT $3`,
      [model, beforeGeneration, limit],
    );
    return rows.map(toRuleSet);
  }

  /** Component versions that are experts in any release of a model. */
  async expertVersions(model: string): Promise<ReadonlySet<Sha256>> {
    const rows: { sha256: Sha256 }[] = await this.dataSource.query(
      `SELECT DISTINCT c.sha256 FROM signalbox.release_component AS c JOIN signalbox.release AS r ON r.id = c.release_id
       WHERE r.model = $1 AND c.component LIKE 'expert/%'`,
      [model],
    );
    return new Set(rows.map(({ sha256 }) => sha256));
  }
}

async function currentOf(manager: EntityManager, model: string): Promise<StoredRuleSet | null> {
  const rows: Row[] = await manager.query(`SELECT * FROM signalbox.data_rule_set WHERE model = $1 ORDER BY generation DESC LIMIT 1`, [model]);
  return rows[0] ? toRuleSet(rows[0]) : null;
}

function toRuleSet({ model, generation, digest, rules: text, written_at, written_by }: Row): StoredRuleSet {
  const rules = JSON.parse(text) as DataRule[];
  if (ruleSetDigest(model, generation, rules) !== digest) {
    throw new RuleSetDamagedError(`data rules of ${model}, generation ${generation}, do not match their digest: they were altered in the database. Restore them, or write the next generation.`);
  }
  return { model, generation, rules, digest, writtenAtMs: written_at.getTime(), writtenBy: written_by };
}
