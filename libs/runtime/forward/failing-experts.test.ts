import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isMasked, maskExpert, newExpertMask } from '#libs/moe/expert-mask';
import { type FallbackSettings } from '#libs/release/manifest';
import { DECISION_FLAGS } from '#libs/trace/trace';
import { importTinyRelease, type TinyRelease } from '../../../test/fixtures/tiny-release.ts';
import { FaultInjection } from '../faults/fault-injection.ts';
import { type Fault } from '../faults/fault-plan.ts';
import { ExpertsExhaustedError } from '../health/exhausted.ts';
import { DEFAULT_HEALTH_LIMITS } from '../health/health-limits.ts';
import { ReleaseHealth } from '../health/release-health.ts';
import { newEngineParts } from './engine-parts.ts';
import { type ForwardPass, type StepOutput } from './forward-pass.ts';
import { loadForwardPass } from './load-release.ts';

const PROMPTS = [Uint32Array.from([1, 50, 60, 70, 80, 90]), Uint32Array.from([1, 300, 301, 302]), Uint32Array.from([1, 7, 7, 7, 9, 12, 400])];

let release: TinyRelease;
let folder: string;
let files = 0;
const opened: ForwardPass[] = [];

beforeAll(async () => {
  release = await importTinyRelease();
  folder = await mkdtemp(join(tmpdir(), 'signalbox-faults-'));
}, 60_000);
afterAll(async () => {
  for (const pass of opened) await pass.dispose();
  await rm(folder, { recursive: true, force: true });
});

interface Drill {
  readonly pass: ForwardPass;
  readonly health: ReleaseHealth;
  readonly shape: TinyRelease['manifest']['shape'];
}

async function drill(faults: readonly Partial<Fault>[], fallback?: FallbackSettings): Promise<Drill> {
  const path = join(folder, `${files++}.json`);
  await writeFile(path, JSON.stringify({ faults }));
  const { manifest: plain, components } = release;
  const manifest = fallback ? { ...plain, routing: { ...plain.routing, fallback } } : plain;
  const { shape } = manifest;
  const injection = new FaultInjection(path, () => undefined);
  injection.close();
  const parts = newEngineParts(2 ** 26, { faults: injection });
  const health = new ReleaseHealth({ layers: shape.layers, experts: shape.experts, components: manifest.components }, DEFAULT_HEALTH_LIMITS, parts.experts, 0);
  const pass = await loadForwardPass({ manifest, components, threads: 1, chunkTokens: 64, maxCacheBytes: 2 ** 26, parts, health });
  opened.push(pass);
  return { pass, health, shape };
}

/** The outputs of all prompts in one step, and of a token after them in a second. */
async function answer(pass: ForwardPass): Promise<StepOutput[]> {
  const caches = PROMPTS.map(() => pass.open());
  const first = await pass.step(PROMPTS.map((tokens, at) => ({ cache: caches[at]!, tokens, logitsFrom: tokens.length - 1 })));
  const second = await pass.step(caches.map((cache) => ({ cache, tokens: Uint32Array.of(17), logitsFrom: 0 })));
  for (const cache of caches) pass.close(cache);
  return [...first, ...second];
}

const everyLayer = (experts: readonly number[], fault: Partial<Fault>): Partial<Fault>[] => [0, 1, 2, 3].flatMap((layer) => experts.map((expert) => ({ layer, expert, ...fault })));

describe('a step with failing experts', () => {
  it.each(['fail', 'not-a-number'] as const)('goes on without experts that %s, with the bits of a quarantine of the same', async (kind) => {
    const { pass, health, shape } = await drill(everyLayer([1, 4], { kind }));
    const outputs = await answer(pass);
    const { unavailable } = health;
    for (const { expertIds, gates, flags, failure, logits } of outputs) {
      expect(failure ?? null).toBeNull();
      expect(logits.every((logit) => Number.isFinite(logit))).toBe(true);
      for (let at = 0; at < expertIds.length; at++) {
        const layer = Math.floor(at / 2) % shape.layers;
        if (gates[at]! > 0 && unavailable && isMasked(unavailable, layer, expertIds[at]!)) expect.unreachable('an expert that failed served');
      }
      expect(flags === null || flags!.every((flag) => flag === 0 || (flag & DECISION_FLAGS.unavailable) !== 0)).toBe(true);
    }
    expect(health.state().broken.every(({ circuit }) => circuit.reason === (kind === 'fail' ? 'error' : 'not-finite'))).toBe(true);
    expect(health.state().broken.length).toBeGreaterThan(2);

    const { pass: calm, health: ordered } = await drill([]);
    ordered.quarantine(unavailable, 0);
    expect(await answer(calm)).toEqual(outputs);
  });

  it('leaves the bits of decisions that no lost expert touched', async () => {
    const { pass } = await drill([]);
    const plain = await answer(pass);
    const { pass: drilled, shape } = await drill([{ layer: 3, expert: 2, kind: 'fail' }]);
    const outputs = await answer(drilled);
    let touched = 0;
    for (const [at, { flags, expertIds, gates }] of outputs.entries()) {
      for (let decision = 0; decision < expertIds.length / 2; decision++) {
        if (flags && (flags[decision]! & DECISION_FLAGS.unavailable) !== 0) {
          touched += 1;
          expect(decision % shape.layers).toBe(3);
          continue;
        }
        expect([...gates.subarray(decision * 2, decision * 2 + 2)]).toEqual([...plain[at]!.gates.subarray(decision * 2, decision * 2 + 2)]);
      }
      if (flags === null) expect(outputs[at]!.logits).toEqual(plain[at]!.logits);
    }
    expect(touched).toBeGreaterThan(0);
  });

  it('serves by the generalist where the ladder begins with it', async () => {
    const { pass, health, shape } = await drill([], { ladder: ['generalist', 'next-best'], generalists: [7, 7, 7, 7] });
    const mask = newExpertMask(shape.layers, shape.experts);
    for (let layer = 0; layer < shape.layers; layer++) for (const expert of [0, 1, 2, 3]) maskExpert(mask, layer, expert);
    health.quarantine(mask, 0);
    const flagged = (await answer(pass)).flatMap(({ flags, expertIds, gates }) => Array.from(flags ?? [], (flag, at) => ({ flag, ids: expertIds.subarray(at * 2, at * 2 + 2), gates: gates.subarray(at * 2, at * 2 + 2) })));
    const generalist = flagged.filter(({ flag }) => flag !== 0);
    expect(generalist.length).toBeGreaterThan(0);
    for (const { flag, ids, gates } of generalist) {
      expect(flag).toBe(DECISION_FLAGS.unavailable | DECISION_FLAGS.fallback | DECISION_FLAGS.generalist);
      expect(ids[0]).toBe(7);
      expect([gates[0]!.toFixed(5), gates[1]]).toEqual(['1.00000', 0]);
    }
  });

  it('fails the items alone that a ladder ending in dense cannot serve, and everybody when a layer is empty', async () => {
    const { pass, health, shape } = await drill([], { ladder: ['dense'] });
    const mask = newExpertMask(shape.layers, shape.experts);
    const plain = await answer(pass);
    const victim = plain[0]!.expertIds[0]!;
    maskExpert(mask, 0, victim);
    health.quarantine(mask, 0);
    const outputs = await answer(pass);
    expect(outputs[0]!.failure).toBe('experts-exhausted');
    for (const [at, output] of outputs.entries()) {
      if (plain[at]!.expertIds.some((expert, decision) => Math.floor(decision / 2) % shape.layers === 0 && expert === victim)) expect(output.failure).toBe('experts-exhausted');
    }
    for (let expert = 0; expert < shape.experts; expert++) health.fail(2, expert, 'error', 0);
    await expect(answer(pass)).rejects.toThrow(ExpertsExhaustedError);
  });

  it('finds corruption that is finite by a probe, and only there', async () => {
    const { pass, health } = await drill([{ layer: 1, expert: 5, kind: 'corrupt' }]);
    await answer(pass);
    expect(health.unavailable).toBeNull();
    expect(await pass.probe!(1, 5)).toMatchObject({ failure: 'wrong-output', tokens: 1 });
    expect(await pass.probe!(1, 4)).toMatchObject({ failure: null });
  });

  it('counts the time of a slow expert as its own', async () => {
    const { pass } = await drill([{ layer: 0, expert: 0, kind: 'slow', delayMs: 30 }]);
    expect((await pass.probe!(0, 0)).durationMs).toBeGreaterThanOrEqual(30);
  });
});
