import { type ReleaseManifest } from '#libs/release/manifest';
import { antitheticOrders } from '#libs/stats/shapley/permutation-shapley';
import { seededUniform } from '#libs/stats/paired/seeded-uniform';
import { type AttributionSettings } from './attribution-settings.ts';
import { type Coalition, coalitionKey, type Player, playersOf, type Unit, unitsOf } from './players.ts';

/** One step of a run. Those after `score` depend on what was found before them. */
export type Place =
  | { readonly kind: 'outline' }
  | { readonly kind: 'score'; readonly coalition: Coalition; readonly chunk: number }
  /** The players of the unit of this rank join in the orders of a pair. */
  | { readonly kind: 'descend'; readonly rank: number; readonly pair: number }
  /** The old release's routes in the new release. */
  | { readonly kind: 'replay' }
  | { readonly kind: 'knock-out'; readonly rank: number }
  | { readonly kind: 'exchange' }
  | { readonly kind: 'counterfactual' };

/** Which step measures what, however little is known yet. */
export interface AttributionLayout {
  readonly settings: AttributionSettings;
  readonly players: readonly Player[];
  readonly units: readonly Unit[];
  /** All coalitions of units are scored; else those of `orders`. */
  readonly isExact: boolean;
  /** [pairs][2][units] */
  readonly orders: readonly (readonly [readonly number[], readonly number[]])[];
  readonly places: readonly Place[];
  readonly items: number;
}

/** The four cells of the swap, each with the backbone of the new release, and the old release as it was. */
interface SwapCells {
  readonly old: Coalition;
  readonly neither: Coalition;
  readonly routers: Coalition;
  readonly experts: Coalition;
  readonly both: Coalition;
}

export function swapCells(players: readonly Player[]): SwapCells {
  const of = (...sides: readonly Player['side'][]): Coalition => new Set(players.flatMap(({ side }, at) => (sides.includes(side) ? [at] : [])));
  return { old: new Set(), neither: of('backbone'), routers: of('backbone', 'router'), experts: of('backbone', 'expert'), both: of('backbone', 'router', 'expert') };
}

export function membersOf(units: readonly Unit[], chosen: readonly number[]): Coalition {
  return new Set(chosen.flatMap((unit) => units[unit]!.members));
}

/** @param items how many texts there are @throws EvaluationError where the releases cannot be compared */
export function layOut(settings: AttributionSettings, reference: ReleaseManifest, candidate: ReleaseManifest, items: number): AttributionLayout {
  const players = playersOf(reference, candidate);
  const units = unitsOf(players, settings.exactPlayers);
  const isExact = units.length <= settings.exactPlayers;
  const orders = antitheticOrders(units.length, settings.orderPairs, seededUniform(settings.seed));
  const base = { settings, players, units, isExact, orders, items };
  return { ...base, places: players.length === 0 ? [{ kind: 'outline' }] : placesOf(base) };
}

function placesOf({ settings, players, units, isExact, orders, items }: Omit<AttributionLayout, 'places'>): Place[] {
  const coalitions = new Map<string, Coalition>();
  const add = (coalition: Coalition): void => void coalitions.set(coalitionKey(coalition), coalition);
  for (const cell of Object.values(swapCells(players))) add(cell);
  if (isExact) for (let mask = 0; mask < 1 << units.length; mask++) add(membersOf(units, units.flatMap((_, unit) => ((mask & (1 << unit)) === 0 ? [] : [unit]))));
  else for (const order of orders.flat()) for (let joined = 0; joined <= order.length; joined++) add(membersOf(units, order.slice(0, joined)));
  const chunks = Math.ceil(items / settings.itemsPerStep);
  const crowded = units.filter(({ members }) => members.length > 1).length;
  const ranks = Math.min(settings.layers, crowded);
  const experts = players.filter(({ side }) => side === 'expert').length;
  const range = (count: number): number[] => Array.from({ length: count }, (_, at) => at);
  return [
    { kind: 'outline' },
    ...[...coalitions.values()].flatMap((coalition) => range(chunks).map((chunk): Place => ({ kind: 'score', coalition, chunk }))),
    ...range(ranks).flatMap((rank) => range(settings.orderPairs).map((pair): Place => ({ kind: 'descend', rank, pair }))),
    { kind: 'replay' },
    ...range(Math.min(settings.knockOuts, experts)).map((rank): Place => ({ kind: 'knock-out', rank })),
    ...(experts > 1 && settings.exchanged > 1 ? [{ kind: 'exchange' } as const] : []),
    ...(settings.fragileTokens > 0 ? [{ kind: 'counterfactual' } as const] : []),
  ];
}
