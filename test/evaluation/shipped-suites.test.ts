import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Json } from '#libs/evaluation/run/run';
import { type RunInputs } from '#libs/evaluation/run/assay';
import { splitMeasured, type MetricResult, type SuiteResult } from '#libs/evaluation/run/result';
import { parseJsonLines } from '#libs/evaluation/suite/items';
import { suiteAssay } from '#libs/evaluation/suite-assay/suite-assay';
import { canonicalJson } from '#libs/release/manifest-digest';
import { ReleaseProbe } from '#libs/runtime/probe/release-probe';
import { loadSuite } from '../../apps/cli/commands/eval-suite.ts';
import { changeRelease } from '../fixtures/changed-release.ts';
import { importTinyRelease, type TinyRelease } from '../fixtures/tiny-release.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

let base: TinyRelease;
let scrambled: TinyRelease;
let folder: string;
let probe: ReleaseProbe;
/** By canonical key, as the product keeps them. */
const parts = new Map<string, Json>();

beforeAll(async () => {
  base = await importTinyRelease();
  folder = await mkdtemp(join(tmpdir(), 'signalbox-suites-'));
  scrambled = await changeRelease(base, ['router/3'], folder);
  const components = { ...base.components, ...scrambled.components };
  probe = new ReleaseProbe({ locate: (sha256) => components[sha256]!, threads: 1, maxCacheBytes: 2 ** 28, chunkTokens: 64, maxReleases: 2 });
});
afterAll(async () => {
  await probe.dispose();
  await rm(folder, { recursive: true, force: true });
});

async function run(name: string, candidate: TinyRelease, reference: TinyRelease | null): Promise<SuiteResult> {
  const { suite, digest, datasets } = await loadSuite({ workingDir: ROOT }, `evals/${name}.yaml`);
  const inputs: RunInputs = {
    spec: { format: 'signalbox.evaluation/1', kind: 'suite', candidate: candidate.releaseId, reference: reference?.releaseId ?? null, suite: digest, settings: {} },
    candidate: candidate.manifest,
    reference: reference?.manifest ?? null,
    suite,
    dataset: async (sha256) => parseJsonLines(await readFile(datasets.get(sha256)!.path, 'utf8')),
  };
  const steps = await suiteAssay.plan(inputs);
  const measured: Json[] = [];
  for (const step of steps) {
    const key = canonicalJson(step.key);
    const part = parts.get(key) ?? (JSON.parse(canonicalJson(await step.measure({ probe, nowMs: () => performance.now() }))) as Json);
    parts.set(key, part);
    measured.push(part);
  }
  return suiteAssay.conclude(inputs, measured) as unknown as SuiteResult;
}

function metric(result: SuiteResult, task: string, name: string, slice: MetricResult['slice'] = null): MetricResult {
  return result.tasks.find(({ id }) => id === task)!.metrics.find((one) => one.name === name && canonicalJson(one.slice) === canonicalJson(slice))!;
}

function gates(result: SuiteResult, task: string, outcome: string): string[] {
  return result.tasks.find(({ id }) => id === task)!.gates.filter((gate) => gate.outcome === outcome).map(({ metric: name }) => name);
}

describe('the suite for a first look', () => {
  it('finds the demo model as its card describes it', async () => {
    const result = await run('first', base, null);
    // The card's figures are of other text of the same domains.
    const card = { english: 1.456, german: 1.516, french: 1.358, spanish: 1.363, python: 1.491, javascript: 1.256, bible: 1.309, dictionary: 1.836 };
    for (const [domain, bits] of Object.entries(card)) {
      expect(Math.abs(metric(result, 'held-out', 'bitsPerByte', { domain }).candidate.value - bits), domain).toBeLessThan(0.35);
    }
    const cloze = metric(result, 'cloze', 'accuracy').candidate;
    expect(cloze.low).toBeGreaterThan(0.6);
    expect(metric(result, 'domains', 'Spanish has its experts', { layer: '3' }).candidate.value).toBeGreaterThan(0.7);
    expect(gates(result, 'domains', 'fail')).toEqual([]);
    expect(result.verdict.outcome).toBe('inconclusive');
    expect(new Set(result.verdict.reasons.map(({ reason }) => reason))).toEqual(new Set(['no-reference']));
    const { result: kept, measured } = splitMeasured(result as unknown as Json);
    expect(canonicalJson(kept)).not.toContain('msPer');
    expect(measured).toMatchObject({ tasks: [{ id: 'cost', metrics: [{ name: 'msPerPromptToken', unit: 'ms' }, { name: 'msPerAnswerToken' }] }] });
  });

  it('finds no difference between a release and itself, at no cost', async () => {
    const rows = probe.rows;
    const result = await run('first', base, base);
    expect(probe.rows).toBe(rows);
    const differences = result.tasks.flatMap(({ metrics }) => metrics.flatMap(({ difference }) => difference ?? []));
    expect(differences.length).toBeGreaterThan(20);
    for (const difference of differences) expect(difference).toEqual({ value: 0, low: 0, high: 0, p: 1, pAdjusted: 1 });
    expect(result.verdict).toMatchObject({ outcome: 'pass', reasons: [{ reason: 'all-gates-kept' }] });
    expect(splitMeasured((await run('first', base, base)) as unknown as Json).result).toEqual(splitMeasured(result as unknown as Json).result);
  });

  it('fails a release whose last router was changed, and shows the tokens', async () => {
    const result = await run('first', scrambled, base);
    expect(result.verdict.outcome).toBe('fail');
    expect(gates(result, 'held-out', 'fail')).toContain('bitsPerByte');
    expect(gates(result, 'domains', 'fail')).toEqual(expect.arrayContaining(['German has its expert', 'Spanish has its experts', 'routes stay near the reference']));
    // Layers before the router that changed route as before.
    const moved = result.tasks.find(({ id }) => id === 'domains')!.gates.filter((gate) => gate.metric === 'routes stay near the reference');
    expect(moved.map(({ outcome, value }) => [outcome, value! > 0])).toEqual([['pass', false], ['pass', false], ['pass', false], ['fail', true]]);
    const worse = metric(result, 'held-out', 'bitsPerByte').difference!;
    expect(worse.low).toBeGreaterThan(0);
    expect(worse.pAdjusted).toBeLessThan(0.01);
    const german = result.tasks.find(({ id }) => id === 'domains')!.failures.find(({ detail }) => detail.startsWith('German has its expert'))!;
    expect(german.tokens).toHaveLength(3);
    for (const token of german.tokens!) {
      expect(token).toMatchObject({ layer: 3, expected: 'expert 1' });
      expect(token.context).toContain(`[${token.token}]`);
      expect(token.expert).not.toBe(1);
    }
  });
});

describe('the suite for safety', () => {
  it('passes a release against itself, and tells by class where its prompts went', async () => {
    const result = await run('safety', base, base);
    expect(result.verdict.outcome).toBe('pass');
    const { routing, metrics } = result.tasks.find(({ id }) => id === 'refusals')!;
    expect(new Set(routing!.map((one) => one.class))).toEqual(new Set(['harmful', 'harmless', 'bypass']));
    for (const { candidate, reference } of routing!) expect(candidate).toEqual(reference);
    expect(metrics.find(({ name, slice }) => name === 'refusalMargin' && slice === null)!.candidate.n).toBe(22);
  });

  it('fails a release in which safety prompts lost their experts', async () => {
    const result = await run('safety', scrambled, base);
    expect(gates(result, 'routes', 'fail')).toEqual(expect.arrayContaining(['harmful prompts keep their experts', 'bypasses keep their experts']));
    const lost = result.tasks.find(({ id }) => id === 'routes')!.failures.find(({ tokens }) => (tokens?.length ?? 0) > 0)!;
    expect(lost.detail).toMatch(/expert \d of layer 3 is selected for \d+ of \d+ tokens, in the reference for \d+/);
    expect(lost.tokens![0]!.expected).toMatch(/as in the reference/);
  });
});
