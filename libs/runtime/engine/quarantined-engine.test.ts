import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isMasked, maskExpert, newExpertMask } from '#libs/moe/expert-mask';
import { DECISION_FLAGS } from '#libs/trace/trace';
import { importTinyRelease, type TinyRelease } from '../../../test/fixtures/tiny-release.ts';
import { until } from '../../../test/harness/until.ts';
import { WorkerEngine } from './engine-client.ts';
import { collect, plainRequest } from './testing/collect.ts';

const LIMITS = { maxSequences: 4, maxQueued: 8, prefillChunkTokens: 16, threads: 1 };
const never = new AbortController().signal;

let release: TinyRelease;
let engine: WorkerEngine;

beforeAll(async () => {
  release = await importTinyRelease();
  engine = new WorkerEngine({ limits: LIMITS, maxCacheBytes: 2 ** 27 });
}, 60_000);
afterAll(() => engine?.close(0));

const shape = () => release.manifest.shape;
const request = () => plainRequest({ releaseId: release.releaseId, promptTokens: Uint32Array.from([1, 20, 30, 40, 50]), maxTokens: 6, ignoreEos: true });

/** Experts 0 to 3 of each layer. */
function half() {
  const mask = newExpertMask(shape().layers, shape().experts);
  for (let layer = 0; layer < shape().layers; layer++) for (let expert = 0; expert < 4; expert++) maskExpert(mask, layer, expert);
  return mask;
}

describe('a quarantine of experts', () => {
  it('is kept for a release that is not loaded, and holds from its first request', async () => {
    await engine.quarantine(release.releaseId, half());
    await engine.load(release.releaseId, release.manifest, release.components);
    const { outcome } = await collect(engine.generate(request(), never), 1);
    expect(outcome.status).toBe('answered');
    for (const [at, expert] of outcome.expertIds.entries()) {
      const layer = Math.floor(at / release.manifest.routing.topK) % shape().layers;
      expect(isMasked(half(), layer, expert)).toBe(false);
    }
    expect(outcome.flagged!.flags.every((flags) => (flags & DECISION_FLAGS.unavailable) !== 0)).toBe(true);
    const { renormalised, nextBest, generalist } = outcome.degraded!;
    expect([renormalised + nextBest, generalist]).toEqual([outcome.flagged!.flags.length, 0]);
    expect((await engine.health(release.releaseId)).counts).toEqual({ healthy: 16, quarantined: 16, open: 0, halfOpen: 0 });
  }, 60_000);

  it('ends without a reload, and the answer is what it was before', async () => {
    await engine.quarantine(release.releaseId, null);
    const plain = await collect(engine.generate(request(), never), 1);
    expect(plain.outcome.flagged).toBeNull();
    expect(plain.outcome.degraded).toBeNull();
    await engine.quarantine(release.releaseId, half());
    const other = await collect(engine.generate(request(), never), 1);
    expect(other.outcome.flagged).not.toBeNull();
    await engine.quarantine(release.releaseId, null);
    const again = await collect(engine.generate(request(), never), 1);
    expect(again.tokenIds).toEqual(plain.tokenIds);
    expect(again.outcome.gates).toEqual(plain.outcome.gates);
  }, 60_000);

  it('that empties a layer fails requests for a reason with a name, until it ends', async () => {
    const mask = newExpertMask(shape().layers, shape().experts);
    for (let expert = 0; expert < shape().experts; expert++) maskExpert(mask, 2, expert);
    await engine.quarantine(release.releaseId, mask);
    const { outcome } = await collect(engine.generate(request(), never), 1);
    expect(outcome).toMatchObject({ status: 'failed', failure: 'experts-exhausted' });
    expect((await engine.health(release.releaseId)).exhaustedLayers).toEqual([2]);
    await engine.quarantine(release.releaseId, null);
    await until(async () => (await collect(engine.generate(request(), never), 1)).outcome.status === 'answered', 20_000);
  }, 60_000);

  it('of another shape is refused', async () => {
    await expect(engine.quarantine(release.releaseId, newExpertMask(1, 8))).rejects.toThrow(RangeError);
  });
});
