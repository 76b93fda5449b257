import { type EntityManager } from 'typeorm';

/** What stands in the way of a removal. */
export interface Reference {
  /** Table that holds it, such as `release_component`. */
  readonly table: string;
  readonly rows: number;
  /** Some of what refers to it, where it has a name. */
  readonly examples: readonly string[];
}

/**
 * Rows of any table whose foreign key names a row of `target`, found through the catalog: a table that comes
 * later is seen without a change here. Keys that cascade are part of the row, and those that become null let go.
 */
export async function foreignReferences(manager: EntityManager, target: 'component_version' | 'release', key: string): Promise<readonly Reference[]> {
  const keys: { table: string; column: string }[] = await manager.query(
    `SELECT c.relname AS table, a.attname AS column FROM pg_constraint AS k
     JOIN pg_class AS c ON c.oid = k.conrelid
     JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
     WHERE k.contype = 'f' AND k.confrelid = ('signalbox.' || $1)::regclass AND k.confdeltype NOT IN ('c', 'n') AND cardinality(k.conkey) = 1
       AND c.relnamespace = 'signalbox'::regnamespace AND NOT c.relispartition
     ORDER BY 1, 2`,
    [target],
  );
  const found = new Map<string, Reference>();
  for (const { table, column } of keys) {
    const named = NAMED[table];
    // Names come from the catalog, and are quoted all the same.
    const [row]: { rows: number; examples: string[] | null }[] = await manager.query(
      `SELECT count(*)::int AS rows, (array_agg(name ORDER BY name))[1:5] AS examples
       FROM (SELECT ${named ?? 'NULL::text'} AS name FROM signalbox."${table}" WHERE "${column}" = $1) AS referring`,
      [key],
    );
    if (!row || row.rows === 0) continue;
    const before = found.get(table);
    found.set(table, { table, rows: (before?.rows ?? 0) + row.rows, examples: named ? [...new Set([...(before?.examples ?? []), ...(row.examples ?? [])])].slice(0, 5) : [] });
  }
  return [...found.values()];
}

/** By what a row is known to people. */
const NAMED: Readonly<Record<string, string>> = {
  release_component: `release_id || ' as ' || component`,
  release: 'id',
  rollout: 'id::text',
};
