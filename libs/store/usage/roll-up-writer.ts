import { type EntityManager } from 'typeorm';
import { type LayerUsage } from '#libs/trace/usage';
import { type RollUpRow, type RollUps } from './roll-up.ts';

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

async function addPairs(manager: EntityManager, rows: readonly RollUpRow[]): Promise<void> {
  if (rows.length === 0) return;
  await manager.query(
    `INSERT INTO signalbox.usage_pair_hour AS old (${KEY}, co_selection)
     SELECT ${KEY}, pairs::bigint[]
     FROM unnest($1::int[], $2::int[], $3::timestamptz[], $4::smallint[], $5::text[]) AS added(${KEY}, pairs)
     ON CONFLICT (${KEY}) DO UPDATE SET co_selection = signalbox.vector_add(old.co_selection, excluded.co_selection)`,
    [...keys(rows), rows.map(({ usage }) => vectorText(usage.pairs ?? new Float64Array()))],
  );
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
