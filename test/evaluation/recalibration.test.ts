import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { composeManifest } from '#libs/release/compose-manifest';
import { type ReleaseManifest } from '#libs/release/manifest';
import { ReleaseProbe } from '#libs/runtime/probe/release-probe';
import { importTinyRelease, TINY_MIXTRAL, type TinyRelease } from '../fixtures/tiny-release.ts';
import { type RunInputs } from '#libs/evaluation/run/assay';
import { type Json } from '#libs/evaluation/run/run';
import { recalibrationAssay } from '#libs/evaluation/recalibration/recalibration-assay';
import { type RecalibrationResult } from '#libs/evaluation/recalibration/recalibration-result';

const DATASET = 'd'.repeat(64);
const SETTINGS = { maxItems: 64, itemsPerStep: 16, rounds: 6, strengths: [0.5, 1] };

let release: TinyRelease;
let probe: ReleaseProbe;
let texts: readonly Json[];

beforeAll(async () => {
  release = await importTinyRelease();
  probe = new ReleaseProbe({ locate: (sha256) => release.components[sha256]!, threads: 1, maxCacheBytes: 2 ** 28, chunkTokens: 64, maxReleases: 2 });
  texts = ['bible', 'german', 'python', 'spanish'].flatMap((domain) =>
    readFileSync(join(TINY_MIXTRAL, 'prompts', `${domain}.jsonl`), 'utf8').trim().split('\n').slice(0, 16).map((line) => ({ text: (JSON.parse(line) as { readonly prompt: string }).prompt })),
  );
});
afterAll(() => probe.dispose());

function inputsOf(candidate: ReleaseManifest, settings: Record<string, Json> = SETTINGS): RunInputs {
  return {
    spec: { format: 'signalbox.evaluation/1', kind: 'recalibration', candidate: 'c'.repeat(64), reference: null, suite: 's'.repeat(64), settings },
    candidate,
    reference: null,
    suite: { format: 'signalbox.suite/1', name: 'texts', description: '', tasks: [{ id: 'texts', kind: 'likelihood', dataset: DATASET, grader: {}, gates: [] }] },
    dataset: () => Promise.resolve(texts),
  };
}

async function run(candidate: ReleaseManifest, order: (count: number) => readonly number[] = (count) => [...Array(count).keys()]): Promise<{ readonly result: RecalibrationResult; readonly parts: readonly Json[] }> {
  const inputs = inputsOf(candidate);
  const steps = await recalibrationAssay.plan(inputs);
  const parts: Json[] = [];
  for (const at of order(steps.length)) parts[at] = JSON.parse(JSON.stringify(await steps[at]!.measure({ probe, nowMs: () => 0 }))) as Json;
  return { result: recalibrationAssay.conclude(inputs, parts) as unknown as RecalibrationResult, parts };
}

/** The demo model with one expert of each layer favoured. */
function skewed(): ReleaseManifest {
  return composeManifest({ base: release.manifest, routing: { selectionBias: Array.from({ length: 4 }, () => [1.5, 0, 0, 0, 0, 0, 0, 0]) } });
}

describe('recalibrating the router of the demo model', () => {
  it('takes a planted imbalance away, and what it cost', async () => {
    const { result } = await run(skewed());
    const [asIs, , whole] = result.strengths;
    expect(asIs!.maxViolation).toBeGreaterThan(1);
    expect(whole!.maxViolation).toBeLessThan(0.6 * asIs!.maxViolation);
    expect(whole!.difference!.value).toBeLessThan(0);
    expect(result.verdict).toMatchObject({ outcome: 'pass', reasons: [{ reason: 'evener' }] });
    // On top of what the release has: the favoured experts end far below what was planted.
    for (const row of result.proposal!.selectionBias) expect(row[0]!).toBeLessThan(1);
    expect(() => composeManifest({ base: release.manifest, routing: { selectionBias: result.proposal!.selectionBias } })).not.toThrow();
  });

  it('gives the same parts in any order, as after a restart in the middle', async () => {
    const forwards = await run(release.manifest);
    const backwards = await run(release.manifest, (count) => [...Array(count).keys()].toReversed());
    expect(backwards.parts).toEqual(forwards.parts);
    expect(backwards.result).toEqual(forwards.result);
    expect(forwards.result.strengths[0]).toMatchObject({ strength: 0, changedShare: 0, difference: null });
  });

  it.each([
    [{ rounds: 0 }, 'settings.rounds'],
    [{ strengths: [] }, 'settings.strengths'],
    [{ speed: 1 }, 'settings.speed'],
  ])('refuses settings that it does not know: %o', async (settings, field) => {
    await expect(recalibrationAssay.plan(inputsOf(release.manifest, settings as Record<string, Json>))).rejects.toMatchObject({ field });
  });

  it('refuses a release whose rule knows no bias', async () => {
    const twoLevel = composeManifest({ base: release.manifest, routing: { gating: 'two-level', selectionGroups: { groups: 4, keep: 2 } } });
    await expect(recalibrationAssay.plan(inputsOf(twoLevel))).rejects.toMatchObject({ field: 'candidate', reason: 'gating-without-bias' });
  });
});
