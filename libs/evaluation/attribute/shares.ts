import { exactShapley } from '#libs/stats/shapley/exact-shapley';
import { marginalsOf, meanOf } from '#libs/stats/shapley/permutation-shapley';
import { type Json } from '../run/run.ts';
import { type AttributionLayout, membersOf, swapCells } from './layout.ts';
import { type DescendPart, partsOf, type ScoreTable } from './parts.ts';
import { type Side } from './players.ts';

/** A unit of less than this part of the change is not taken apart, and a component of less is not named. */
export const MIN_SHARE = 0.1;

/** A share of the change. Its mean over pairs is the estimate. */
export interface Share {
  readonly name: string;
  /** Positions in the list of players: one, or all of a unit that was not taken apart. */
  readonly players: readonly number[];
  /** [pairs][items], in bits; one row where the share is exact. */
  readonly pairs: readonly Float64Array[];
}

/** Sum of the items' bits by sum of their bytes. */
export function overall(bits: Float64Array, bytes: Float64Array): number {
  return sum(bits) / sum(bytes);
}

export function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

export function minus(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, at) => value - b[at]!);
}

/** Shapley values of the units, by item. */
function unitShares({ units, isExact, orders }: AttributionLayout, table: ScoreTable): Share[] {
  const of = (chosen: readonly number[]): Float64Array => table.bits(membersOf(units, chosen));
  const named = (pairs: (unit: number) => Float64Array[]): Share[] => units.map(({ name, members }, unit) => ({ name, players: members, pairs: pairs(unit) }));
  if (isExact) {
    const phi = exactShapley(Array.from({ length: 1 << units.length }, (_, mask) => of(units.flatMap((__, unit) => ((mask & (1 << unit)) === 0 ? [] : [unit])))));
    return named((unit) => [phi[unit]!]);
  }
  const marginals = orders.map((pair) => pair.map((order) => marginalsOf(order, Array.from({ length: order.length + 1 }, (_, joined) => of(order.slice(0, joined))))));
  return named((unit) => marginals.map((pair) => meanOf(pair.map((order) => order[unit]!))));
}

/** New less old, of all items. */
function totalChange({ players }: AttributionLayout, table: ScoreTable): number {
  const { old, both } = swapCells(players);
  return overall(minus(table.bits(both), table.bits(old)), table.bytes);
}

/** Units in the order of what they did, those of too little left out; none where nothing changed beyond the bound. */
export function rankedUnits(layout: AttributionLayout, table: ScoreTable): number[] {
  const total = Math.abs(totalChange(layout, table));
  if (total < layout.settings.minBitsPerByte || total === 0) return [];
  const size = unitShares(layout, table).map(({ pairs }) => Math.abs(overall(meanOf(pairs), table.bytes)));
  return [...size.keys()].filter((unit) => size[unit]! >= MIN_SHARE * total).toSorted((a, b) => size[b]! - size[a]! || a - b);
}

/** Units that a descent takes apart, by rank. */
export function descents(layout: AttributionLayout, table: ScoreTable): number[] {
  return rankedUnits(layout, table).filter((unit) => layout.units[unit]!.members.length > 1).slice(0, layout.settings.layers);
}

/**
 * Shares of the components. A unit that was taken apart has its share divided among its players by what
 * they add in random orders, joined to random orders of the units: the Owen value (Owen 1977). Where the
 * pairs that were drawn do not add up to the unit's share, each of its players takes an equal part of the rest.
 */
export function componentShares(layout: AttributionLayout, table: ScoreTable, parts: readonly Json[]): Share[] {
  const units = unitShares(layout, table);
  const taken = new Map<number, DescendPart[]>();
  for (const { part } of partsOf(layout, parts, 'descend')) {
    const own = part as unknown as DescendPart;
    if (own !== null) taken.set(own.unit, [...(taken.get(own.unit) ?? []), own]);
  }
  return units.flatMap((whole, unit) => {
    const descended = taken.get(unit);
    if (!descended) return [whole];
    const { members } = layout.units[unit]!;
    const pairs = descended.map((part) => members.map((_, member) => meanOf(part!.marginals.map((order) => Float64Array.from(order[member]!)))));
    const found = meanOf(pairs.map((byMember) => meanOf(byMember))).map((value) => value * members.length);
    const rest = minus(meanOf(whole.pairs), found).map((value) => value / members.length);
    return members.map((player, member): Share => ({ name: layout.players[player]!.name, players: [player], pairs: pairs.map((byMember) => byMember[member]!.map((value, at) => value + rest[at]!)) }));
  });
}

/** Players of a side by their part of the change, the largest first; those that worked against it are left out. */
export function rankedPlayers(layout: AttributionLayout, table: ScoreTable, parts: readonly Json[], side: Side): number[] {
  return partsOfChange(layout, table, parts)
    .filter(({ player, part }) => layout.players[player]!.side === side && part > 0)
    .toSorted((a, b) => b.part - a.part || a.player - b.player)
    .map(({ player }) => player);
}

/** Experts that have a share of their own, each with the size of its part of the change. */
export function expertSizes(layout: AttributionLayout, table: ScoreTable, parts: readonly Json[]): [player: number, size: number][] {
  return partsOfChange(layout, table, parts).flatMap(({ player, part }) => (layout.players[player]!.side === 'expert' ? [[player, Math.abs(part)]] : []));
}

function partsOfChange(layout: AttributionLayout, table: ScoreTable, parts: readonly Json[]): { readonly player: number; readonly part: number }[] {
  const total = totalChange(layout, table);
  return componentShares(layout, table, parts).flatMap(({ players, pairs }) => (players.length === 1 ? [{ player: players[0]!, part: overall(meanOf(pairs), table.bytes) / total }] : []));
}
