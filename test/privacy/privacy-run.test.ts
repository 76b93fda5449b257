import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { privacyAssay } from '#libs/evaluation/privacy/privacy-assay';
import { type PrivacyResult } from '#libs/evaluation/privacy/result';
import { type RunInputs } from '#libs/evaluation/run/assay';
import { type Json } from '#libs/evaluation/run/run';
import { canonicalJson } from '#libs/release/manifest-digest';
import { ReleaseProbe } from '#libs/runtime/probe/release-probe';
import { importTinyRelease, TINY_MIXTRAL, type TinyRelease } from '../fixtures/tiny-release.ts';

const LIMIT_MS = 600_000;
const PER_DOMAIN = 12;

let release: TinyRelease;
let probe: ReleaseProbe;
let inputs: RunInputs;

function items(): Json[] {
  const folder = join(TINY_MIXTRAL, 'prompts');
  return readdirSync(folder).toSorted().flatMap((name) =>
    readFileSync(join(folder, name), 'utf8').trim().split('\n').slice(0, PER_DOMAIN).map((line): Json => ({ text: (JSON.parse(line) as { prompt: string }).prompt, labels: { domain: name.replace('.jsonl', '') } })),
  );
}

beforeAll(async () => {
  release = await importTinyRelease();
  probe = new ReleaseProbe({ locate: (sha256) => release.components[sha256]!, threads: 1, maxCacheBytes: 2 ** 28, chunkTokens: 64, maxReleases: 1 });
  const all = items();
  const dataset = createHash('sha256').update(JSON.stringify(all)).digest('hex');
  inputs = {
    spec: { format: 'signalbox.evaluation/1', kind: 'privacy', candidate: release.releaseId, reference: null, suite: dataset, settings: { trainTokens: 1200, epochs: 2, aggregateOf: [1, 10] } },
    candidate: release.manifest,
    reference: null,
    suite: { format: 'signalbox.suite/1', name: 'privacy', description: '', tasks: [{ id: 'text', kind: 'likelihood', dataset, grader: {}, gates: [] }] },
    dataset: async () => all,
  };
}, LIMIT_MS);
afterAll(() => probe.dispose());

const tools = () => ({ probe, nowMs: () => 0 });

describe('a privacy run on the demo model', () => {
  it('recovers far more tokens than chance from routes, and hardly any from sums; no part holds text or routes', async () => {
    const parts: Json[] = [];
    const steps = await privacyAssay.plan(inputs);
    for (const step of steps) parts.push(await step.measure(tools()));
    expect(new Set(steps.map(({ key }) => canonicalJson(key as never))).size).toBe(steps.length);
    // Longest list of a part: none is a text's tokens.
    for (const part of parts) expect(canonicalJson(part as never)).not.toMatch(/(?:\d+,){20}/);
    const result = privacyAssay.conclude(inputs, parts) as unknown as PrivacyResult;
    const level = (name: string) => result.levels.find((each) => each.level === name)!;
    expect(level('full').tokenRecovery.value).toBe(1);
    expect(level('routes').tokenRecovery.low).toBeGreaterThan(3 * result.chance.majority.value);
    expect(level('routes').classAuc!.value).toBeGreaterThan(0.9);
    expect(level('aggregate-10').tokenRecovery.value).toBeLessThan(level('routes').tokenRecovery.value / 2);
    expect(result.learningCurve).toHaveLength(4);
    expect(result.layers).toHaveLength(4);
    expect(result.verdict.outcome).toBe('fail');
    // Broken off and gone on in another process: the last attack routes the texts again, and finds the same.
    const again = await privacyAssay.plan(inputs);
    const at = again.findIndex(({ label }) => label === 'token recovery from routes, 12.5 % of the attacker\'s text');
    expect(canonicalJson((await again[at]!.measure(tools())) as never)).toBe(canonicalJson(parts[at] as never));
  }, LIMIT_MS);

  it('names the setting that it cannot take, and what a suite lacks', async () => {
    await expect(privacyAssay.plan({ ...inputs, spec: { ...inputs.spec, settings: { epochs: 0 } } })).rejects.toMatchObject({ field: 'settings.epochs' });
    await expect(privacyAssay.plan({ ...inputs, spec: { ...inputs.spec, settings: { colour: 1 } } })).rejects.toMatchObject({ field: 'settings.colour' });
    await expect(privacyAssay.plan({ ...inputs, suite: { ...inputs.suite, tasks: [] } })).rejects.toMatchObject({ field: 'suite.tasks' });
  });
});
