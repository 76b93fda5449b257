import { describe, expect, it } from 'vitest';
import { attackRouteClasses, attackRoutes, attackText, attackUsage, type AttackOptions, sampledLevel } from './attack-levels.ts';
import { seededUniform } from './random.ts';
import { recommendLevel } from './recommend-level.ts';
import { type RoutedDocument, splitDocuments } from './routed-document.ts';
import { routeInformation } from './route-information.ts';
import { chanceOf } from './token-recovery.ts';

const SHAPE = { layers: 2, experts: 8, topK: 2 };
const VOCAB = 16;
const options: AttackOptions = { shape: SHAPE, vocabSize: VOCAB, seed: 5, epochs: 3, breathe: async () => undefined };

/** Two classes with tokens of their own; `isTold` makes experts follow tokens, otherwise they are drawn. */
function documents(isTold: boolean): RoutedDocument[] {
  const uniform = seededUniform(9);
  return Array.from({ length: 80 }, (_, at) => {
    const label = at % 2 === 0 ? 'a' : 'b';
    const tokens = Uint32Array.from({ length: 30 }, () => Math.floor(uniform() * 8) + (label === 'a' ? 0 : 8));
    const pair = (token: number): [number, number] => (isTold ? [token % 8, (token + 1 + Math.floor(token / 8)) % 8] : draw(uniform));
    const expertIds = Uint16Array.from([...tokens].flatMap((token) => [...pair(token), ...pair(token)]));
    return { label, tokens, expertIds, gates: new Float32Array(expertIds.length).fill(0.5) };
  });
}

function draw(uniform: () => number): [number, number] {
  const first = Math.floor(uniform() * 8);
  return [first, (first + 1 + Math.floor(uniform() * 7)) % 8];
}

describe('attacks by level', () => {
  it('find what routes tell where they tell all', async () => {
    const split = splitDocuments(documents(true), 0.3, 1);
    expect(split.heldOut).toHaveLength(24);
    const { tokenRecovery, informationBits, trainTokens } = await attackRoutes(split, 1_000_000, false, options);
    expect(trainTokens).toBe(56 * 30);
    expect(tokenRecovery.value).toBeGreaterThan(0.99);
    expect(tokenRecovery.low).toBeLessThan(tokenRecovery.value);
    // Sixteen tokens, alike in frequency: 4 bits.
    expect(informationBits.value).toBeGreaterThan(3.7);
    expect(informationBits.value).toBeLessThan(4.05);
    expect(attackRouteClasses(split, options).classAuc!.value).toBeGreaterThan(0.99);
    const [layer] = routeInformation(split.train, SHAPE);
    expect(layer!.tokenBits!.value).toBeGreaterThan(1.5);
  });

  it('find nothing where routes are drawn without a look at the text', async () => {
    const split = splitDocuments(documents(false), 0.3, 1);
    const { tokenRecovery, informationBits } = await attackRoutes(split, 1_000_000, false, options);
    expect(tokenRecovery.value).toBeLessThan(0.12);
    expect(Math.abs(informationBits.value)).toBeLessThan(0.35);
    const { classAuc } = attackRouteClasses(split, options);
    expect(classAuc!.low).toBeLessThan(0.5);
    expect(classAuc!.high).toBeGreaterThan(0.5);
    const [layer] = routeInformation(split.train, SHAPE);
    expect(layer!.classBits!.value).toBeLessThan(0.02);
    expect(layer!.tokenBits!.value).toBeLessThan(0.05);
  });

  it('tell classes but hardly tokens from sums, and all from the text', async () => {
    const split = splitDocuments(documents(true), 0.3, 1);
    const [one, many] = await Promise.all([attackUsage(split, 1, options), attackUsage(split, 20, options)]);
    expect(one.classAuc!.value).toBeGreaterThan(0.99);
    // Sixteen tokens alike, eight of them of the other class.
    expect(many.tokenRecovery.value).toBeLessThan(0.2);
    const text = await attackText(split, options);
    expect(text.tokenRecovery.value).toBe(1);
    const chance = await chanceOf(split.train, split.heldOut, VOCAB, options.breathe);
    const half = sampledLevel({ level: 'routes', ...text }, chance, 0.5, 1);
    expect(half.tokenRecovery.value).toBeCloseTo(0.5 + chance.majority.value / 2, 10);
    expect(recommendLevel([{ level: 'full', ...text }, { level: 'aggregate-20', ...many }], { maxTokenRecovery: 0.3, maxClassAuc: 1 })).toMatchObject({ level: 'aggregate-20', reason: 'traces-exceed-the-bounds' });
    expect(recommendLevel([{ level: 'full', ...text }], { maxTokenRecovery: 0.3, maxClassAuc: 1 }).level).toBe('off');
  });

  it('give the same for the same seed', async () => {
    const split = splitDocuments(documents(true), 0.3, 1);
    expect(await attackUsage(split, 5, options)).toEqual(await attackUsage(split, 5, options));
    expect(await attackRoutes(split, 300, true, options)).toEqual(await attackRoutes(split, 300, true, options));
  });
});
