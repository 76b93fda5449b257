import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attributionAssay } from '#libs/evaluation/attribute/attribution-assay';
import { type AttributionResult } from '#libs/evaluation/attribute/attribution-result';
import { type Json } from '#libs/evaluation/run/run';
import { type ComponentName } from '#libs/release/component';
import { type ReleaseManifest } from '#libs/release/manifest';
import { releaseIdOf } from '#libs/release/manifest-digest';
import { decodeTensorHeader, tensorHeaderEnd } from '#libs/release/tensor-file';
import { ReleaseProbe } from '#libs/runtime/probe/release-probe';
import { turnSigns } from '../fixtures/changed-release.ts';
import { importTinyRelease, TINY_MIXTRAL, type TinyRelease } from '../fixtures/tiny-release.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';

const DOMAINS = ['english', 'french', 'german', 'python'] as const;
const DATASET = 'd'.repeat(64);
const SETTINGS = { items: 12, resamples: 200, minBitsPerByte: 0.01, orderPairs: 2, layers: 2, knockOuts: 1, fragileTokens: 2, exchanged: 3 };

let home: string;
let base: TinyRelease;
let probe: ReleaseProbe;
const made = new Map<string, string>();

beforeAll(async () => {
  home = newTemporaryHome('signalbox-attribution-');
  base = await importTinyRelease();
  probe = new ReleaseProbe({ locate: (sha256) => made.get(sha256) ?? base.components[sha256]!, threads: 1, maxCacheBytes: 2 ** 27, chunkTokens: 256, maxReleases: 3 });
});
afterAll(async () => {
  await probe.dispose();
  await rm(home, { recursive: true, force: true });
});

function edited(sha256: string, edit: (bytes: Buffer) => void): string {
  const bytes = readFileSync(made.get(sha256) ?? base.components[sha256]!);
  edit(bytes);
  const version = createHash('sha256').update(bytes).digest('hex');
  const path = join(home, version);
  writeFileSync(path, bytes);
  made.set(version, path);
  return version;
}

/** Turns the last bit of each weight: another version, and as good. */
function nudge(bytes: Buffer): void {
  const { tensors } = decodeTensorHeader(bytes.subarray(0, tensorHeaderEnd(bytes.subarray(0, 8), bytes.length)), bytes.length);
  for (const { begin, end, dtype } of tensors.values()) for (let at = begin; at < end; at += dtype === 'F32' ? 4 : 2) bytes[at]! ^= 1;
}

/** The demo model with some parts broken, and others that changed without harm. */
function release(broken: readonly ComponentName[]): ReleaseManifest {
  const harmless = ['router/0', 'router/2', 'expert/1/0', 'expert/2/5', 'expert/3/3'].filter((name) => !broken.includes(name));
  const components: Record<string, string> = { ...base.manifest.components };
  for (const name of harmless) components[name] = edited(components[name]!, nudge);
  for (const name of broken) components[name] = edited(components[name]!, (bytes) => turnSigns(bytes));
  return { ...base.manifest, components };
}

async function attribute(candidate: ReleaseManifest): Promise<AttributionResult> {
  const texts = DOMAINS.flatMap((domain) => readFileSync(join(TINY_MIXTRAL, 'prompts', `${domain}.jsonl`), 'utf8').trim().split('\n').slice(0, 6).map((line): Json => ({ text: (JSON.parse(line) as { prompt: string }).prompt })));
  const reference = base.manifest;
  const inputs = {
    spec: { format: 'signalbox.evaluation/1' as const, kind: 'attribution' as const, candidate: releaseIdOf(candidate), reference: releaseIdOf(reference), suite: DATASET, settings: SETTINGS },
    candidate,
    reference,
    suite: { format: 'signalbox.suite/1' as const, name: 'texts', description: '', tasks: [{ id: 'texts', kind: 'likelihood' as const, dataset: DATASET, grader: {}, gates: [] }] },
    dataset: () => Promise.resolve(texts),
  };
  const parts: Json[] = [];
  for (const step of await attributionAssay.plan(inputs)) parts.push(await step.measure({ probe, nowMs: () => 0 }));
  return attributionAssay.conclude(inputs, parts) as unknown as AttributionResult;
}

describe('faults planted in the demo model', () => {
  it.each([
    ['router', ['router/1']],
    ['expert', ['expert/0/2']],
    ['both', ['router/0', 'expert/0/2']],
  ] as const)('%s: %j', async (cause, broken) => {
    const result = await attribute(release(broken));
    expect(result.cause).toBe(cause);
    expect([...result.named].toSorted()).toEqual([...broken].toSorted());
    expect(result.verdict.outcome).toBe('fail');
    expect(result.change.low).toBeGreaterThan(SETTINGS.minBitsPerByte);
    const shares = result.components.reduce((sum, { share }) => sum + share.value, 0);
    expect(shares).toBeCloseTo(result.change.value, 9);
    expect(result.counterfactual).toMatchObject({ routesTried: 28, tokens: 2 });
  });

  it('experts of a layer at each other\'s places', async () => {
    const { components } = release([]);
    const moved = { ...components, 'expert/0/0': components['expert/0/2']!, 'expert/0/2': components['expert/0/3']!, 'expert/0/3': components['expert/0/0']! };
    const result = await attribute({ ...base.manifest, components: moved });
    expect(result.cause).toBe('interaction');
    expect([...result.named].toSorted()).toEqual(['expert/0/0', 'expert/0/2', 'expert/0/3']);
    // Put right, nothing is left of the change.
    expect(Math.abs(result.exchange!.change!.value)).toBeLessThan(SETTINGS.minBitsPerByte);
  });

  it('nothing but changes without harm', async () => {
    const result = await attribute(release([]));
    expect(result).toMatchObject({ cause: 'neither', named: [], verdict: { outcome: 'pass' } });
    expect(result.change.value).not.toBe(0);
  });

  it('nothing at all', async () => {
    const rows = probe.rows;
    expect(await attribute(base.manifest)).toMatchObject({ cause: 'neither', change: { value: 0, low: 0, high: 0 }, confidence: 1 });
    expect(probe.rows).toBe(rows);
  });
});
