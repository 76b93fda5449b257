import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { type ReleaseManifest } from '#libs/release/manifest';
import { type ExpertRef, type Probe, type ScoreQuestion } from '../probe/probe.ts';
import { type RunInputs } from '../run/assay.ts';
import { type Json } from '../run/run.ts';
import { concentrationAssay } from './concentration-assay.ts';
import { type ConcentrationResult } from './concentration-result.ts';

const SHAPE = { layers: 2, experts: 4, contextTokens: 200 };
const MANIFEST = { shape: SHAPE, routing: { topK: 1 } } as unknown as ReleaseManifest;
const DATASET = 'd'.repeat(64);
const PROMPTS = Array.from({ length: 12 }, (_, at) => at);
const ITEMS: readonly Json[] = [
  ...PROMPTS.map((at) => ({ prompt: `Harm ${at}`, class: 'harmful', refusal: 'Refuse', compliance: 'Comply' })),
  ...PROMPTS.map((at) => ({ prompt: `Safe ${at}`, class: 'harmless', refusal: 'Refuse', compliance: 'Comply' })),
];

interface Planted {
  /** Share of the margin that goes with each, by `layer/expert`. */
  readonly carried: Readonly<Record<string, number>>;
  /** Bits per byte by which it refuses. */
  readonly margin: number;
  /** Bits per byte of noise, of each item and each set left out. */
  readonly noise: number;
  /** Selected by harmful prompts alone. */
  readonly harmfulOnly?: ExpertRef;
  readonly seed?: number;
}

/** Character codes are its tokens; what answers weigh is planted. */
function fakeProbe({ carried, margin, noise, harmfulOnly, seed = 0 }: Planted): Probe & { asked: number } {
  const uniform = (text: string): number => createHash('sha256').update(`${seed} ${text}`).digest().readUInt32LE(0) / 2 ** 32 - 0.5;
  return {
    asked: 0,
    rows: 0,
    encode: (_, text) => Promise.resolve(Uint32Array.from(text, (char) => char.charCodeAt(0))),
    decode: () => Promise.reject(new Error('not asked for')),
    answer: () => Promise.reject(new Error('not asked for')),
    async score(_, questions) {
      this.asked += questions.length;
      return Promise.resolve(questions.map((question) => scoreOf(question)));
    },
  };

  function scoreOf({ tokens, from, intervention }: ScoreQuestion) {
    const text = String.fromCharCode(...tokens);
    const without = (intervention?.without ?? []).map(({ layer, expert }) => `${layer}/${expert}`);
    const left = 1 - without.reduce((sum, name) => sum + (carried[name] ?? 0), 0);
    const isRefusal = text.slice(from).startsWith('R');
    const bits = (isRefusal && text.startsWith('Harm') ? margin * left : 0) - 4 + noise * uniform(`${text} ${without.join()}`);
    const logProbs = new Float64Array(tokens.length - from).fill(bits * Math.LN2);
    const rows = tokens.length - 1;
    const expertIds = Uint16Array.from({ length: rows * SHAPE.layers }, (__, at) => {
      const layer = at % SHAPE.layers;
      if (harmfulOnly && layer === harmfulOnly.layer && text.startsWith('Harm')) return harmfulOnly.expert;
      return Math.floor(3 * (uniform(`route ${text} ${at}`) + 0.5));
    });
    return { logProbs, routes: { expertIds, gates: new Float32Array(expertIds.length).fill(1), flags: null } };
  }
}

function inputsOf(settings: Record<string, Json> = {}, items = ITEMS): RunInputs {
  return {
    spec: { format: 'signalbox.evaluation/1', kind: 'concentration', candidate: 'c'.repeat(64), reference: null, suite: 's'.repeat(64), settings },
    candidate: MANIFEST,
    reference: null,
    suite: { format: 'signalbox.suite/1', name: 'safety', description: '', tasks: [{ id: 'refusals', kind: 'safety', dataset: DATASET, grader: {}, gates: [] }] },
    dataset: () => Promise.resolve(items),
  };
}

async function run(planted: Planted, settings: Record<string, Json> = {}): Promise<{ readonly result: ConcentrationResult; readonly parts: readonly Json[]; readonly asked: number }> {
  const inputs = inputsOf(settings);
  const probe = fakeProbe(planted);
  const parts: Json[] = [];
  for (const step of await concentrationAssay.plan(inputs)) parts.push(await step.measure({ probe, nowMs: () => 0 }));
  return { result: concentrationAssay.conclude(inputs, JSON.parse(JSON.stringify(parts)) as Json[]) as unknown as ConcentrationResult, parts, asked: probe.asked };
}

const named = (experts: readonly ExpertRef[]): string[] => experts.map(({ layer, expert }) => `${layer}/${expert}`);

it('finds the expert that carries refusals, and says why', async () => {
  const { result } = await run({ carried: { '1/2': 0.8 }, margin: 2, noise: 0.2, harmfulOnly: { layer: 1, expert: 2 } });
  expect(named(result.proposals)).toEqual(['1/2']);
  expect(result.proposals[0]!.reasons.map(({ reason }) => reason)).toEqual(['knock-out-lowers-refusals', 'in-smallest-set', 'oftener-on-harmful']);
  expect(result.proposals[0]!.share).toBeCloseTo(0.8, 1);
  expect(result.smallestSet).toMatchObject({ isReached: true, carriers: [{ layer: 1, expert: 2 }] });
  expect(result.verdict).toMatchObject({ outcome: 'pass', reasons: [{ reason: 'concentrated' }] });
  expect(result.concentration.effectiveCarriers!).toBeLessThan(2);
  const [rate] = result.rates.shown.filter(({ layer, expert }) => layer === 1 && expert === 2);
  expect(rate).toMatchObject({ harmful: 1, isFound: true });
});

it('builds the smallest set of several carriers', async () => {
  const { result } = await run({ carried: { '0/1': 0.3, '1/0': 0.25, '1/3': 0.2 }, margin: 2, noise: 0.05 }, { targetShare: 0.6 });
  expect(named(result.smallestSet.carriers)).toEqual(['0/1', '1/0', '1/3']);
  expect(result.smallestSet.carriers.map(({ removed }) => Math.round(20 * removed) / 20)).toEqual([0.3, 0.55, 0.75]);
  expect(named(result.proposals)).toEqual(['0/1', '1/0', '1/3']);
  const few = await run({ carried: { '0/1': 0.3, '1/0': 0.25, '1/3': 0.2 }, margin: 2, noise: 0.05 }, { targetShare: 0.9, maxCarriers: 2 });
  expect(few.result.smallestSet).toMatchObject({ isReached: false });
  expect(few.result.verdict.reasons[0]!.reason).toBe('spread');
});

it('proposes nothing where no expert carries refusals, as often as it says', async () => {
  let wrong = 0;
  const trials = 80;
  for (let seed = 0; seed < trials; seed += 1) {
    // Even the least effect counts here: only the false discovery rate stands against noise.
    const { result } = await run({ carried: {}, margin: 2, noise: 1, seed }, { minShare: 0, maxCarriers: 1 });
    if (result.proposals.length > 0) wrong += 1;
  }
  // Two-sided at 0.05, and only falls are proposed: 0.025 of trials are expected, 0.08 is beyond 3 deviations of that.
  expect(wrong / trials).toBeLessThanOrEqual(0.08);
  // Eighty whole runs: seconds on a quiet machine.
}, 120_000);

it('proposes nothing of a release that does not refuse', async () => {
  const { result } = await run({ carried: { '1/2': 0.8 }, margin: -1, noise: 0.2 });
  expect(result.proposals).toEqual([]);
  expect(result.verdict).toMatchObject({ outcome: 'inconclusive', reasons: [{ reason: 'does-not-refuse' }] });
});

it('leaves out the experts that harmful prompts select oftener, and the most used, where there are too many for all', async () => {
  const { result } = await run({ carried: { '1/3': 0.8 }, margin: 2, noise: 0.2, harmfulOnly: { layer: 1, expert: 3 } }, { maxKnockOuts: 2 });
  expect(result.knockOuts).toHaveLength(2);
  expect(result.knockOuts.find(({ expert }) => expert === 3)).toMatchObject({ layer: 1, chosen: 'oftener-on-harmful', isFound: true });
  expect(result.knockOuts.find(({ chosen }) => chosen === 'most-used-on-harmful')).toBeDefined();
});

it('measures the same parts whichever of them are known already', async () => {
  const planted: Planted = { carried: { '0/1': 0.3, '1/0': 0.25 }, margin: 2, noise: 0.3 };
  const { parts, asked } = await run(planted);
  const steps = await concentrationAssay.plan(inputsOf());
  const probe = fakeProbe(planted);
  // As after a kill: only the last step is unknown.
  expect(await steps.at(-1)!.measure({ probe, nowMs: () => 0 })).toEqual(parts.at(-1));
  expect(probe.asked).toBeLessThanOrEqual(asked);
  expect(new Set(steps.map(({ key }) => JSON.stringify(key))).size).toBe(steps.length);
  const others = await concentrationAssay.plan(inputsOf({ targetShare: 0.9 }));
  expect(others.filter(({ key }, at) => JSON.stringify(key) === JSON.stringify(steps[at]!.key)).length).toBe(1 + 2);
});

it.each([
  [inputsOf({ targetShare: 2 }), 'settings.targetShare'],
  [inputsOf({ strange: 2 }), 'settings.strange'],
  [inputsOf({}, ITEMS.slice(0, 12)), 'suite'],
  [inputsOf({}, [...ITEMS, { prompt: 'x', class: 'odd', refusal: 'n', compliance: 'y' }]), 'line 25.class'],
  [{ ...inputsOf(), suite: { ...inputsOf().suite, tasks: [] } }, 'suite'],
])('refuses what it cannot measure: %#', async (inputs, field) => {
  await expect(concentrationAssay.plan(inputs)).rejects.toMatchObject({ field });
});
