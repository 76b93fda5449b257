import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededUniform } from '../paired/seeded-uniform.ts';
import { exactShapley, MAX_EXACT_PLAYERS } from './exact-shapley.ts';
import { antitheticOrders, marginalsOf, meanOf, sampledShare } from './permutation-shapley.ts';

type Game = (coalition: readonly boolean[]) => number;

function exactOf(players: number, game: Game): number[] {
  const values = Array.from({ length: 1 << players }, (_, mask) => Float64Array.of(game(Array.from({ length: players }, (__, player) => (mask & (1 << player)) !== 0))));
  return exactShapley(values).map(([value]) => value!);
}

function marginals(order: readonly number[], game: Game): number[] {
  const inside = order.map(() => false);
  const prefixes = [Float64Array.of(game(inside))];
  for (const player of order) {
    inside[player] = true;
    prefixes.push(Float64Array.of(game(inside)));
  }
  return marginalsOf(order, prefixes).map(([value]) => value!);
}

/** A game of 4 players by a value for each of its 16 coalitions; the empty one is worth 0. */
const PLAYERS = 4;
const tables = fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 16, maxLength: 16 }).map((values) => values.with(0, 0));
const gameOf = (table: readonly number[]): Game => (coalition) => table[coalition.reduce((mask, inside, player) => mask | (inside ? 1 << player : 0), 0)]!;
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

describe('exact Shapley values', () => {
  it('are those of the glove game: the one right glove gets 2/3, each of two left ones 1/6', () => {
    // The right glove makes the pair in 4 of the 6 orders, each left one in 1.
    const glove: Game = ([left, left2, right]) => (right! && (left! || left2!) ? 1 : 0);
    const values = exactOf(3, glove);
    for (const [player, wanted] of [1 / 6, 1 / 6, 2 / 3].entries()) expect(values[player]).toBeCloseTo(wanted, 12);
  });

  it('are those of the airport game: each part of the runway is paid equally by all who need it', () => {
    // Littlechild & Owen 1973, "A simple expression for the Shapley value in a special case".
    const costs = [1, 3, 4, 9];
    const airport: Game = (coalition) => Math.max(0, ...costs.filter((_, player) => coalition[player]));
    const values = exactOf(4, airport);
    for (const [player, wanted] of [1 / 4, 1 / 4 + 2 / 3, 1 / 4 + 2 / 3 + 1 / 2, 1 / 4 + 2 / 3 + 1 / 2 + 5].entries()) expect(values[player]).toBeCloseTo(wanted, 12);
  });

  it('add up to what all are worth; one who adds nothing gets nothing; games add', () => {
    fc.assert(
      fc.property(tables, tables, (first, second) => {
        const [a, b] = [exactOf(PLAYERS, gameOf(first)), exactOf(PLAYERS, gameOf(second))];
        expect(sum(a)).toBeCloseTo(first.at(-1)!, 9);
        const both = exactOf(PLAYERS, gameOf(first.map((value, at) => value + second[at]!)));
        for (let player = 0; player < PLAYERS; player++) expect(both[player]).toBeCloseTo(a[player]! + b[player]!, 9);
        const dummy = exactOf(PLAYERS, (coalition) => gameOf(first)(coalition.with(2, false)) + (coalition[2] ? 5 : 0));
        expect(dummy[2]).toBeCloseTo(5, 9);
        const symmetric = exactOf(PLAYERS, (coalition) => first[(coalition[0] ? 1 : 0) + (coalition[1] ? 1 : 0)]! * (coalition[2] ? 2 : 1));
        expect(symmetric[0]).toBeCloseTo(symmetric[1]!, 9);
      }),
    );
  });

  it('of vectors are those of each place', () => {
    fc.assert(
      fc.property(tables, tables, (first, second) => {
        const pairs = exactShapley(first.map((value, at) => Float64Array.of(value, second[at]!)));
        const [a, b] = [exactOf(PLAYERS, gameOf(first)), exactOf(PLAYERS, gameOf(second))];
        for (const [player, values] of pairs.entries()) expect([...values]).toEqual([a[player], b[player]]);
      }),
    );
  });

  it('refuses what is no game, or too large a one', () => {
    expect(() => exactShapley([Float64Array.of(0), Float64Array.of(1), Float64Array.of(1)])).toThrow(RangeError);
    expect(() => exactShapley(Array.from({ length: 2 ** (MAX_EXACT_PLAYERS + 1) }, () => new Float64Array(1)))).toThrow(RangeError);
  });
});

describe('sampled Shapley values', () => {
  it('are exact over all orders', () => {
    const orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    fc.assert(
      fc.property(tables, (table) => {
        const game: Game = (coalition) => gameOf(table)([...coalition, false]);
        const all = orders.map((order) => Float64Array.from(marginals(order, game)));
        const exact = exactOf(3, game);
        for (const [player, value] of meanOf(all).entries()) expect(value).toBeCloseTo(exact[player]!, 9);
      }),
    );
  });

  it('are exact from one antithetic pair where players interact two at a time', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 10, maxLength: 10 }), fc.nat(), (numbers, seed) => {
        const game: Game = (coalition) => {
          let value = 0;
          let next = PLAYERS;
          for (let one = 0; one < PLAYERS; one++) {
            if (coalition[one]) value += numbers[one]!;
            for (let other = one + 1; other < PLAYERS; other++) value += coalition[one] && coalition[other] ? numbers[next++]! : (next++, 0);
          }
          return value;
        };
        const [pair] = antitheticOrders(PLAYERS, 1, seededUniform(seed));
        const exact = exactOf(PLAYERS, game);
        for (const [player, value] of meanOf(pair!.map((order) => Float64Array.from(marginals(order, game)))).entries()) expect(value).toBeCloseTo(exact[player]!, 9);
      }),
    );
  });

  it('lie within three standard errors of the exact ones for nearly all seeds', () => {
    const game: Game = (coalition) => Math.sqrt(coalition.reduce((total, inside, player) => total + (inside ? player + 1 : 0), 0)) * (coalition[0] && coalition[3] ? 2 : 1);
    const exact = exactOf(PLAYERS, game);
    let outside = 0;
    for (let seed = 0; seed < 200; seed++) {
      const pairs = antitheticOrders(PLAYERS, 30, seededUniform(seed)).map((pair) => meanOf(pair.map((order) => Float64Array.from(marginals(order, game)))));
      const { value, standardError } = sampledShare(pairs.map(([first]) => first!));
      if (Math.abs(value - exact[0]!) > 3 * standardError) outside++;
    }
    expect(outside).toBeLessThan(8);
  });
});
