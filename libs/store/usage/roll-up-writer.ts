import { type EntityManager } from 'typeorm';
import { type LayerUsage } from '#libs/trace/usage';
import { packPairs, unpackPairs } from './packed-usage.ts';
import { type RecentUsage, type RollUpRow, type RollUps } from './roll-up.ts';

type Scalar = 'requests' | 'tokens' | 'droppedSelections' | 'dropped' | 'rerouted' | 'masked' | 'fallback' | 'sumSquaresCells' | 'sumSquaresRequests';
type Vector = 'load' | 'gateMass' | 'cross' | 'confidence';

const SCALARS: readonly (readonly [column: string, type: string, field: Scalar])[] = [
  ['requests', 'bigint', 'requests'],
  ['tokens', 'bigint', 'tokens'],
  ['dropped_selections', 'bigint', 'droppedSelections'],
  ['dropped', 'bigint', 'dropped'],
  ['rerouted', 'bigint', 'rerouted'],
  ['masked', 'bigint', 'masked'],
  ['fallback', 'bigint', 'fallback'],
  ['sum_squares_cells', 'numeric', 'sumSquaresCells'],
  ['sum_squares_requests', 'numeric', 'sumSquaresRequests'],
];

const VECTORS: readonly (readonly [column: string, field: Vector])[] = [
  ['load', 'load'],
  ['gate_mass', 'gateMass'],
  ['cross_load', 'cross'],
  ['confidence', 'confidence'],
];

const KEY = 'release, segment, bucket, layer';

/** Adds roll-ups to the tables. Rows come sorted by key, so that concurrent writers lock them in one order. */
export async function addRollUps(manager: EntityManager, { minutes, hours, pairHours }: RollUps): Promise<void> {
  await addUsage(manager, 'usage_minute', minutes);
  await addUsage(manager, 'usage_hour', hours);
  await addPairs(manager, pairHours);
}

async function addUsage(manager: EntityManager, table: 'usage_minute' | 'usage_hour', rows: readonly RollUpRow[]): Promise<void> {
  if (rows.length === 0) return;
  const columns = [...SCALARS.map(([column]) => column), ...VECTORS.map(([column]) => column)];
  const types = [...SCALARS.map(([, type]) => `${type}[]`), ...VECTORS.map(() => 'text[]')];
  const parameters = types.map((type, i) => `$${i + 5}::${type}`);
  await manager.query(
    `INSERT INTO signalbox.${table} AS old (${KEY}, ${columns.join(', ')})
     SELECT ${KEY}, ${SCALARS.map(([column]) => column).join(', ')}, ${VECTORS.map(([column]) => `${column}::bigint[]`).join(', ')}
     FROM unnest($1::int[], $2::int[], $3::timestamptz[], $4::smallint[], ${parameters.join(', ')})
       AS added(${KEY}, ${columns.join(', ')})
     ON CONFLICT (${KEY}) DO UPDATE SET
       ${SCALARS.map(([column]) => `${column} = old.${column} + excluded.${column}`).join(', ')},
       ${VECTORS.map(([column]) => `${column} = signalbox.vector_add(old.${column}, excluded.${column})`).join(', ')}`,
    [
      ...keys(rows),
      ...SCALARS.map(([, , field]) => rows.map(({ usage }) => usage[field])),
      ...VECTORS.map(([, field]) => rows.map(({ usage }) => vectorText(usage[field]))),
    ],
  );
}

/** Sums here, not in PostgreSQL: the lock of the fold keeps others from these rows. */
async function addPairs(manager: EntityManager, rows: readonly RecentUsage[]): Promise<void> {
  if (rows.length === 0) return;
  const hours = [rows.map(({ release }) => release), rows.map(({ segment }) => segment), rows.map(({ bucketMs }) => new Date(bucketMs).toISOString())];
  const known: { i: number; pairs: Buffer }[] = await manager.query(
    `SELECT i::int, pairs FROM unnest($1::int[], $2::int[], $3::timestamptz[]) WITH ORDINALITY AS asked(release, segment, bucket, i)
     JOIN signalbox.usage_pair_hour USING (release, segment, bucket)`,
    hours,
  );
  const before = new Map(known.map(({ i, pairs }) => [i - 1, unpackPairs(pairs)]));
  const sums = rows.map(({ layers }, row) => packPairs(layers.map(({ pairs }, layer) => ({ pairs: sumOf(pairs, before.get(row)?.[layer]) }))));
  await manager.query(
    `INSERT INTO signalbox.usage_pair_hour (release, segment, bucket, pairs)
     SELECT * FROM unnest($1::int[], $2::int[], $3::timestamptz[], $4::bytea[])
     ON CONFLICT (release, segment, bucket) DO UPDATE SET pairs = excluded.pairs`,
    [...hours, sums],
  );
}

function sumOf(pairs: Float64Array | null, before: Float64Array | undefined): Float64Array | null {
  return pairs && before ? pairs.map((count, i) => count + (before[i] ?? 0)) : pairs;
}

function keys(rows: readonly RollUpRow[]): unknown[] {
  return [
    rows.map(({ release }) => release),
    rows.map(({ segment }) => segment),
    rows.map(({ bucketMs }) => new Date(bucketMs).toISOString()),
    rows.map(({ layer }) => layer),
  ];
}

function vectorText(vector: LayerUsage[Vector]): string {
  return `{${vector.join(',')}}`;
}
