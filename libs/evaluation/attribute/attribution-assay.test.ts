import { describe, expect, it } from 'vitest';
import { type ReleaseManifest } from '#libs/release/manifest';
import { canonicalJson, releaseIdOf } from '#libs/release/manifest-digest';
import { type Probe } from '../probe/probe.ts';
import { type RunInputs } from '../run/assay.ts';
import { type Json } from '../run/run.ts';
import { attributionAssay } from './attribution-assay.ts';
import { type AttributionResult } from './attribution-result.ts';
import { digest, plainRelease, plantedProbe, type Truth, withNew } from './testing/planted-probe.ts';

const OLD = plainRelease();
const MANY = ['router/0', 'router/1', 'expert/0/0', 'expert/0/1', 'expert/1/2', 'expert/1/3', 'expert/2/0'] as const;
const TEXTS: readonly Json[] = Array.from({ length: 40 }, (_, at) => ({ text: `text ${at} ${'x'.repeat(at % 7)}`.slice(at % 4) }));

function inputsOf(candidate: ReleaseManifest, settings: Record<string, Json> = {}, reference = OLD): RunInputs {
  return {
    spec: { format: 'signalbox.evaluation/1', kind: 'attribution', candidate: releaseIdOf(candidate), reference: releaseIdOf(reference), suite: digest('suite'), settings: { items: 20, itemsPerStep: 7, resamples: 200, ...settings } },
    candidate,
    reference,
    suite: { format: 'signalbox.suite/1', name: 'texts', description: '', tasks: [{ id: 'texts', kind: 'likelihood', dataset: digest('texts'), grader: {}, gates: [] }] },
    dataset: () => Promise.resolve(TEXTS),
  };
}

async function run(inputs: RunInputs, probe: Probe): Promise<AttributionResult> {
  const parts: Json[] = [];
  for (const step of await attributionAssay.plan(inputs)) parts.push(JSON.parse(JSON.stringify(await step.measure({ probe, nowMs: () => 0 }))) as Json);
  return attributionAssay.conclude(inputs, parts) as unknown as AttributionResult;
}

const has = (components: ReleaseManifest['components'], name: string): boolean => components[name] === digest(`new ${name}`);
const harmOf = (of: (isNew: (name: string) => boolean) => number): Truth => ({ harm: (components) => of((name) => has(components, name)), noise: 0.002 });

describe('attribution', () => {
  it.each([
    ['router', ['router/1'], harmOf((isNew) => (isNew('router/1') ? 0.5 : 0))],
    ['expert', ['expert/1/3', 'expert/0/1'], harmOf((isNew) => (isNew('expert/0/1') ? 0.2 : 0) + (isNew('expert/1/3') ? 0.3 : 0))],
    ['both', ['router/0', 'expert/2/0'], harmOf((isNew) => (isNew('router/0') ? 0.3 : 0) + (isNew('expert/2/0') ? 0.25 : 0))],
    ['interaction', ['router/1', 'expert/1/2'], harmOf((isNew) => (isNew('router/1') && isNew('expert/1/2') ? 0.4 : 0))],
    ['neither', [], harmOf(() => 0)],
    ['router', ['router/0'], harmOf((isNew) => (isNew('router/0') ? -0.5 : 0))],
  ] as const)('names %s: %j', async (cause, named, truth) => {
    const result = await run(inputsOf(withNew(OLD, MANY)), plantedProbe(truth));
    expect(result.cause).toBe(cause);
    expect([...result.named].toSorted()).toEqual([...named].toSorted());
    expect(result.confidence).toBeGreaterThan(0.9);
    expect(result.verdict.outcome).toBe(cause === 'neither' || result.change.value < 0 ? 'pass' : 'fail');
    const shares = result.components.reduce((sum, { share }) => sum + share.value, 0);
    expect(shares).toBeCloseTo(result.change.value, 9);
    const { router, experts, interaction, backbone } = result.effects!;
    expect(router.value + experts.value + interaction.value + backbone.value).toBeCloseTo(result.change.value, 9);
  });

  it('finds experts that stand at each other\'s places', async () => {
    const candidate = { ...OLD, components: { ...OLD.components, ...Object.fromEntries([0, 1, 2].map((place) => [`expert/1/${place}`, digest(`moved ${(place + 1) % 3}`)])), 'router/0': digest('new router/0'), 'expert/0/3': digest('new expert/0/3') } };
    const isRight = (components: ReleaseManifest['components'], place: number): boolean => [digest(`moved ${place}`), OLD.components[`expert/1/${place}`]].includes(components[`expert/1/${place}`]);
    const result = await run(inputsOf(candidate), plantedProbe({ harm: (components) => 0.2 * [0, 1, 2].filter((place) => !isRight(components, place)).length, noise: 0.001 }));
    expect(result.cause).toBe('interaction');
    expect(result.verdict.reasons[0]!.reason).toBe('interaction:experts-misplaced');
    expect([...result.named].toSorted()).toEqual(['expert/1/0', 'expert/1/1', 'expert/1/2']);
  });

  it('says between which causes it cannot tell, and that it can where there is no doubt', async () => {
    const open = await run(inputsOf(withNew(OLD, MANY)), plantedProbe({ harm: (components) => (has(components, 'router/1') ? 0.006 : 0), noise: 0.01 }));
    expect(open.plausible!.length).toBeGreaterThan(1);
    expect(open.plausible).toContain(open.cause);
    expect(open.confidence).toBeLessThan(0.9);
    expect(open.summary).toContain(`Undecided between ${open.plausible!.join(' and ')}`);
    const sure = await run(inputsOf(withNew(OLD, MANY)), plantedProbe(harmOf((isNew) => (isNew('router/1') ? 0.5 : 0))));
    expect(sure).toMatchObject({ cause: 'router', plausible: ['router'] });
    expect(sure.summary).not.toContain('Undecided');
  });

  it('names both halves of a pair, also where what one does alone hides its share', async () => {
    // The expert alone does as much good as its half of the mismatch does harm, so its share is nothing.
    const truth = harmOf((isNew) => (isNew('router/1') && isNew('expert/1/2') ? 0.4 : 0) - (isNew('expert/1/2') ? 0.2 : 0));
    const result = await run(inputsOf(withNew(OLD, MANY)), plantedProbe(truth));
    expect(result.verdict.reasons[0]!.reason).toBe('interaction:pair-only');
    expect([...result.named].toSorted()).toEqual(['expert/1/2', 'router/1']);
  });

  it('says exactly nothing of equal releases, and asks nothing', async () => {
    const probe = plantedProbe({ harm: () => 0 });
    const result = await run(inputsOf(OLD), probe);
    expect(result).toMatchObject({ cause: 'neither', confidence: 1, change: { value: 0, low: 0, high: 0 }, cost: { rows: 0 } });
    expect(probe.rows).toBe(0);
  });

  it('tells of knock-outs and of other routes', async () => {
    const truth: Truth = {
      harm: (components, intervention) => {
        const bad = has(components, 'expert/0/1');
        if (intervention?.without) return intervention.without.some(({ layer, expert }) => layer === 0 && expert === 1) ? 0.1 : bad ? 0.5 : 0;
        return bad && (intervention?.routes?.every(({ layer, experts }) => layer !== 0 || experts.includes(1)) ?? true) ? 0.5 : 0;
      },
    };
    const result = await run(inputsOf(withNew(OLD, ['router/0', 'expert/0/1', 'expert/0/2'])), plantedProbe(truth));
    expect(result.knockOut[0]).toMatchObject({ component: 'expert/0/1' });
    expect(result.knockOut[0]!.old.value).toBeCloseTo(0.1, 6);
    // Without the bad expert the new release is better than with it.
    expect(result.knockOut[0]!.new.value).toBeCloseTo(-0.4, 6);
    expect(result.counterfactual).toMatchObject({ layer: 0, tokens: 8, wonBackShare: 1, fixedTokens: 8 });
  });

  it('gives the same result to the bit whichever of its steps another process measured', async () => {
    const inputs = inputsOf(withNew(OLD, MANY));
    const truth = harmOf((isNew) => (isNew('router/1') ? 0.2 : 0) + (isNew('expert/1/2') ? 0.3 : 0));
    const whole = await run(inputs, plantedProbe(truth));
    const steps = await attributionAssay.plan(inputs);
    const again: Json[] = [];
    for (const at of steps.keys()) again.push(await (await attributionAssay.plan(inputs))[at]!.measure({ probe: plantedProbe(truth), nowMs: () => 0 }));
    expect(canonicalJson(attributionAssay.conclude(inputs, again))).toBe(canonicalJson(whole));
    expect(new Set(steps.map(({ key }) => canonicalJson(key))).size).toBe(steps.length);
  });

  it('shares steps between runs that score the same composition', async () => {
    const one = await attributionAssay.plan(inputsOf(withNew(OLD, ['router/0', 'expert/0/0'])));
    const other = new Set((await attributionAssay.plan(inputsOf(withNew(OLD, ['router/0', 'expert/2/0'])))).map(({ key }) => canonicalJson(key)));
    // The old release, and the one with the new router alone: three chunks each, and the outline.
    expect(one.filter(({ key }) => other.has(canonicalJson(key)))).toHaveLength(7);
  });

  it.each([
    [{ ...OLD, components: { ...OLD.components, tokenizer: digest('other') } }, {}, /different tokenizers/],
    [{ ...OLD, shape: { ...OLD.shape, experts: 5 } }, {}, /different shapes/],
    [withNew(OLD, ['router/0']), { itms: 3 }, /A run of kind attribution takes/],
    [withNew(OLD, ['router/0']), { items: 1 }, /Give a whole number from 4/],
  ])('refuses what it cannot compare', async (candidate, settings, message) => {
    await expect(attributionAssay.plan(inputsOf(candidate, settings))).rejects.toThrow(message);
  });

  it('needs a reference', async () => {
    await expect(attributionAssay.plan({ ...inputsOf(OLD), reference: null })).rejects.toThrow(/Name the old one/);
  });
});
