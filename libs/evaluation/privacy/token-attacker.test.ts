import { describe, expect, it } from 'vitest';
import { seededUniform } from './random.ts';
import { type RoutedDocument, type RouteShape } from './routed-document.ts';
import { TokenAttacker } from './token-attacker.ts';

const SHAPE: RouteShape = { layers: 2, experts: 8, topK: 2 };
const VOCAB = 28;
const PAIRS = Array.from({ length: 8 }, (_, a) => Array.from({ length: 7 - a }, (__, b) => [a, a + 1 + b] as const)).flat();

/** Random text of 28 tokens; `route` gives the pair of experts of a token. */
function documents(count: number, seed: number, route: (token: number, uniform: () => number) => readonly [number, number]): RoutedDocument[] {
  const uniform = seededUniform(seed);
  return Array.from({ length: count }, () => {
    const tokens = Uint32Array.from({ length: 40 }, () => Math.floor(uniform() ** 2 * VOCAB));
    const expertIds = Uint16Array.from([...tokens].flatMap((token) => [...route(token, uniform), ...route(token, uniform)]));
    return { label: '', tokens, expertIds, gates: new Float32Array(expertIds.length).fill(0.5) };
  });
}

async function recovery(route: Parameters<typeof documents>[2]): Promise<{ top1: number; majority: number }> {
  const attacker = await TokenAttacker.train(documents(60, 1, route), SHAPE, { seed: 3, epochs: 3, seesGates: true, vocabSize: VOCAB, breathe: async () => undefined });
  let hits = 0;
  let zeros = 0;
  let rows = 0;
  for (const document of documents(20, 2, route)) {
    for (const [row, { tokens }] of attacker.recover(document).entries()) {
      rows += 1;
      if (tokens[0] === document.tokens[row]) hits += 1;
      if (document.tokens[row] === 0) zeros += 1;
    }
  }
  return { top1: hits / rows, majority: zeros / rows };
}

describe('an attacker that recovers tokens from routes', () => {
  it('recovers nearly all where each token has experts of its own', async () => {
    const { top1 } = await recovery((token) => PAIRS[token]!);
    expect(top1).toBeGreaterThan(0.98);
  });

  it('does no better than the majority where routes are drawn without a look at the token', async () => {
    const { top1, majority } = await recovery((_, uniform) => PAIRS[Math.floor(uniform() * PAIRS.length)]!);
    expect(top1).toBeLessThan(majority + 0.05);
  });
});
