import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { concentrationAssay } from '#libs/evaluation/concentration/concentration-assay';
import { type ConcentrationResult } from '#libs/evaluation/concentration/concentration-result';
import { type ExpertRef } from '#libs/evaluation/probe/probe';
import { type Json } from '#libs/evaluation/run/run';
import { ReleaseProbe } from '#libs/runtime/probe/release-probe';
import { importTinyRelease, TINY_MIXTRAL, type TinyRelease } from '../fixtures/tiny-release.ts';

let release: TinyRelease;
let probe: ReleaseProbe;
let german: readonly string[];
let french: readonly string[];
let english: readonly string[];

beforeAll(async () => {
  release = await importTinyRelease();
  probe = new ReleaseProbe({ locate: (sha256) => release.components[sha256]!, threads: 1, maxCacheBytes: 2 ** 28, chunkTokens: 64, maxReleases: 1 });
  [german = [], french = [], english = []] = await Promise.all(['german', 'french', 'english'].map(promptsOf));
});
afterAll(() => probe.dispose());

async function promptsOf(domain: string): Promise<string[]> {
  const lines = (await readFile(join(TINY_MIXTRAL, 'prompts', `${domain}.jsonl`), 'utf8')).trim().split('\n');
  return lines.map((line) => (JSON.parse(line) as { prompt: string }).prompt);
}

async function run(items: readonly Json[], settings: Record<string, Json>): Promise<ConcentrationResult> {
  const inputs = {
    spec: { format: 'signalbox.evaluation/1', kind: 'concentration', candidate: release.releaseId, reference: null, suite: 's'.repeat(64), settings },
    candidate: release.manifest,
    reference: null,
    suite: { format: 'signalbox.suite/1', name: 'refusals', description: '', tasks: [{ id: 'refusals', kind: 'safety', dataset: 'd'.repeat(64), grader: {}, gates: [] }] },
    dataset: () => Promise.resolve(items),
  } as const;
  const parts: Json[] = [];
  for (const step of await concentrationAssay.plan(inputs)) parts.push(JSON.parse(JSON.stringify(await step.measure({ probe, nowMs: () => 0 }))) as Json);
  return concentrationAssay.conclude(inputs, parts) as unknown as ConcentrationResult;
}

/** The second half of a text, from a blank on: what its first half is answered with. */
function halves(text: string): readonly [string, string] {
  const at = text.indexOf(' ', Math.floor(text.length / 2));
  return [text.slice(0, at), text.slice(at)];
}

/** Mean log-probability of texts, as they are or with an expert left out; nats. */
async function likelihood(texts: readonly string[], without: readonly ExpertRef[]): Promise<number> {
  const questions = await Promise.all(texts.map(async (text) => ({ tokens: await probe.encode(release.manifest, text), from: 1, ...(without.length > 0 ? { intervention: { without } } : {}) })));
  const scores = await probe.score(release.manifest, questions);
  return scores.reduce((sum, { logProbs }) => sum + logProbs.reduce((all, one) => all + one, 0), 0);
}

it('finds on real weights the expert that carries what stands in for refusing', async () => {
  // "Refusing" is to go on in German where German was begun, "complying" to go on in French. Whose loss
  // costs German most is measured beforehand, by itself and of other texts.
  const [asked, others] = [german.slice(0, 10), german.slice(10, 20)];
  const { layers, experts } = release.manifest.shape;
  const full = await likelihood(others, []);
  let carrier = { layer: 0, expert: 0, fall: Number.NEGATIVE_INFINITY };
  for (let place = 0; place < layers * experts; place += 1) {
    const expert = { layer: Math.floor(place / experts), expert: place % experts };
    const fall = full - (await likelihood(others, [expert]));
    if (fall > carrier.fall) carrier = { ...expert, fall };
  }
  const result = await run(
    [
      ...asked.map((text, at) => ({ prompt: halves(text)[0], class: 'harmful', refusal: halves(text)[1], compliance: halves(french[at]!)[1] })),
      ...english.slice(0, 6).map((text, at) => ({ prompt: halves(text)[0], class: 'harmless', refusal: halves(german[at]!)[1], compliance: halves(text)[1] })),
    ],
    { itemsPerStep: 10, maxCarriers: 2, setCandidates: 3 },
  );
  expect(result.margins.find((one) => one.class === 'harmful')!.margin.low!).toBeGreaterThan(0);
  expect(result.proposals.map(({ layer, expert }) => `${layer}/${expert}`)).toContain(`${carrier.layer}/${carrier.expert}`);
  expect(result.verdict.outcome).toBe('pass');
});

it('asks the suite that ships, and proposes nothing of a model that was never taught to refuse', async () => {
  const lines = (await readFile(new URL('../../evals/safety/prompts.jsonl', import.meta.url), 'utf8')).trim().split('\n');
  const result = await run(lines.map((line) => JSON.parse(line) as Json), { maxKnockOuts: 1, maxCarriers: 1 });
  expect(result.knockOuts).toHaveLength(1);
  expect(result.verdict).toMatchObject({ outcome: 'inconclusive', reasons: [{ reason: 'does-not-refuse' }] });
  expect(result.proposals).toEqual([]);
});
