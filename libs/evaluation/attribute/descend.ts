import { type ReleaseManifest } from '#libs/release/manifest';
import { antitheticOrders, marginalsOf } from '#libs/stats/shapley/permutation-shapley';
import { seededUniform } from '#libs/stats/paired/seeded-uniform';
import { type Probe } from '../probe/probe.ts';
import { type AttributionLayout, membersOf } from './layout.ts';
import { type DescendPart, type ScoreTable } from './parts.ts';
import { composed } from './players.ts';
import { itemBits, rowsOf } from './texts.ts';

/** Keeps the orders within a unit apart from those of the units. */
const WITHIN = 0x9e37;

export interface Releases {
  readonly reference: ReleaseManifest;
  readonly candidate: ReleaseManifest;
}

/**
 * The players of a unit join one by one, after the units that come before it in the pair's orders and
 * before those that come after: a random order that keeps each unit together.
 */
export async function descend(layout: AttributionLayout, table: ScoreTable, unit: number, pair: number, { reference, candidate }: Releases, probe: Probe, tokens: readonly Uint32Array[]): Promise<DescendPart> {
  const { units, players, settings } = layout;
  const { members } = units[unit]!;
  const within = antitheticOrders(members.length, settings.orderPairs, seededUniform((settings.seed + WITHIN * (unit + 1)) >>> 0))[pair]!;
  const marginals: number[][][] = [];
  let rows = 0;
  for (const [side, order] of within.entries()) {
    const among = layout.orders[pair]![side]!;
    const before = among.slice(0, among.indexOf(unit));
    const prefixes = [table.bits(membersOf(units, before))];
    for (let joined = 1; joined < members.length; joined++) {
      const coalition = new Set([...membersOf(units, before), ...order.slice(0, joined).map((member) => members[member]!)]);
      prefixes.push(Float64Array.from(await itemBits(probe, composed(reference, candidate, players, coalition), tokens)));
      rows += rowsOf(tokens);
    }
    prefixes.push(table.bits(membersOf(units, [...before, unit])));
    marginals.push(marginalsOf(order, prefixes).map((values) => [...values]));
  }
  return { unit, marginals, rows };
}
