import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DDSketch } from '@datadog/sketches-js';
import { afterEach, beforeAll, afterAll, describe, expect, it, vi } from 'vitest';
import { maskExpert, newExpertMask } from '#libs/moe/expert-mask';
import { EngineBusyError, type EngineLimits, type GenerateEvent } from './engine.ts';
import { WorkerEngine, type WorkerEngineOptions } from './engine-client.ts';
import { EngineRequestError, EngineUnavailableError, ReleaseNotLoadedError } from './errors.ts';
import { type ReleaseManifest } from './release-source.ts';
import { assemble, collect, plainRequest } from './testing/collect.ts';

const CRASH = 4095;
const FAIL_STEP = 4094;
const LIMITS: EngineLimits = { maxSequences: 4, maxQueued: 2, prefillChunkTokens: 16, threads: 1 };
const MANIFEST: ReleaseManifest = {
  format: 'signalbox.release/1',
  model: 'fake',
  architecture: 'mixtral',
  shape: {
    vocabSize: 4096,
    hiddenSize: 8,
    layers: 2,
    experts: 4,
    expertWidth: 8,
    attentionHeads: 1,
    keyValueHeads: 1,
    headSize: 8,
    contextTokens: 64,
    rmsNormEpsilon: 1e-5,
    ropeTheta: 10_000,
    slidingWindowTokens: null,
    tiedHead: false,
    bosTokenId: 0,
    eosTokenIds: [1],
  },
  routing: { gating: 'softmax-topk', topK: 2, normalise: true },
  components: { tokenizer: 'tokenizer-digest' },
};

let folder: string;
let components: Record<string, string>;
const engines: WorkerEngine[] = [];
const never = new AbortController().signal;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-engine-'));
  const tokenizer = await readFile(new URL('../../../models/tiny-mixtral/tokenizer.json', import.meta.url), 'utf8');
  const path = join(folder, 'tokenizer');
  await writeFile(path, JSON.stringify({ format: 'signalbox.tokenizer/1', files: { 'tokenizer.json': tokenizer } }));
  components = { 'tokenizer-digest': path };
});
afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.close(0)));
});
afterAll(() => rm(folder, { recursive: true }));

async function start(change: Partial<WorkerEngineOptions> = {}): Promise<WorkerEngine> {
  const workerUrl = new URL('./testing/fake-worker.ts', import.meta.url);
  const engine = new WorkerEngine({ limits: LIMITS, maxCacheBytes: 1e9, workerUrl, ...change });
  engines.push(engine);
  await engine.load('release', MANIFEST, components);
  return engine;
}

describe('engine in a worker thread', () => {
  it('answers many requests together as it answers one', async () => {
    const engine = await start();
    const request = plainRequest({ choices: 2, maxTokens: 10, ignoreEos: true, logprobs: 1 });
    const single = await collect(engine.generate(request, never), 2);
    expect(single.outcome).toMatchObject({ status: 'answered', promptRows: 3, choiceRows: [9, 9], completionTokens: 20 });
    expect(single.outcome.expertIds).toHaveLength(21 * 4);
    const both = await Promise.all([1, 2].map(() => collect(engine.generate(request, never), 2)));
    const { outcome: ignored, ...parts } = single;
    expect(ignored.error).toBeNull();
    for (const { outcome, ...answer } of both) {
      expect(answer).toEqual(parts);
      expect(outcome.expertIds).toEqual(single.outcome.expertIds);
      expect(outcome.timing.timeToFirstTokenMs).toBeGreaterThan(0);
    }
    expect(engine.status()).toMatchObject({ running: 0, queued: 0, releases: [{ releaseId: 'release', weightBytes: { backbone: 1000 } }] });
  });

  it('frees the place of an aborted request and still reports its rows', async () => {
    const engine = await start();
    const controller = new AbortController();
    const events: GenerateEvent[] = [];
    for await (const event of engine.generate(plainRequest({ maxTokens: 60, ignoreEos: true }), controller.signal)) {
      events.push(event);
      if (event.type === 'delta') controller.abort();
    }
    const { outcome } = assemble(events, 1);
    expect(['cancelled', 'answered']).toContain(outcome.status);
    expect(outcome.tokenIds).toHaveLength(outcome.promptRows + (outcome.choiceRows[0] ?? 0));
    const aborted = await collect(engine.generate(plainRequest({ maxTokens: 60, ignoreEos: true }), AbortSignal.abort()), 1);
    expect(aborted.outcome).toMatchObject({ status: 'cancelled', completionTokens: 0 });
    for await (const _ of engine.generate(plainRequest({ maxTokens: 60, ignoreEos: true }), never)) break;
    await expect.poll(() => engine.status()).toMatchObject({ running: 0, queued: 0, releases: [{ cacheBytes: 0 }] });
  });

  it('counts the requests of all releases against its limits', async () => {
    const engine = await start();
    await engine.load('canary', MANIFEST, components);
    const long = plainRequest({ choices: 4, maxTokens: 50, ignoreEos: true });
    const ofCanary = { ...long, releaseId: 'canary' };
    const streams = [engine.generate(long, never), engine.generate(ofCanary, never), engine.generate(long, never)];
    expect(engine.status()).toMatchObject({ running: 1, queued: 2 });
    expect(() => engine.generate(ofCanary, never)).toThrow(EngineBusyError);
    const answers = await Promise.all(streams.map((stream) => collect(stream, 4)));
    expect(answers.map(({ outcome }) => outcome.status)).toEqual(['answered', 'answered', 'answered']);
    expect(engine.status()).toMatchObject({ running: 0, queued: 0 });
  });

  it('sends requests away when the queue is full', async () => {
    const engine = await start();
    const long = plainRequest({ choices: 4, maxTokens: 50, ignoreEos: true });
    const streams = [engine.generate(long, never), engine.generate(long, never), engine.generate(long, never)];
    expect(engine.status()).toMatchObject({ running: 1, queued: 2 });
    expect(() => engine.generate(long, never)).toThrow(EngineBusyError);
    const answers = await Promise.all(streams.map((stream) => collect(stream, 4)));
    expect(answers.map(({ outcome }) => outcome.status)).toEqual(['answered', 'answered', 'answered']);
    expect((await collect(engine.generate(long, never), 4)).outcome.status).toBe('answered');
  });

  it('refuses what cannot run and names the field', async () => {
    const engine = await start();
    expect(() => engine.generate(plainRequest({ releaseId: 'other' }), never)).toThrow(ReleaseNotLoadedError);
    expect(() => engine.generate(plainRequest({ promptTokens: new Uint32Array(65) }), never)).toThrow(EngineRequestError);
    await expect(engine.load('broken', { ...MANIFEST, components: {} }, components)).rejects.toThrow(/tokenizer component/);
  });

  it('gives mergeable latency sketches by layer and expert', async () => {
    const engine = await start();
    const { outcome } = await collect(engine.generate(plainRequest({ maxTokens: 20, ignoreEos: true }), never), 1);
    const figures = await engine.drainFigures('release');
    const tokens = figures.reduce((sum, figure) => sum + figure.tokens, 0);
    expect(tokens).toBe(outcome.tokenIds.length * 4);
    const sketch = DDSketch.fromProto(figures[0]?.latencySketch ?? new Uint8Array(0));
    expect(sketch.count).toBe(figures[0]?.runs);
    expect(sketch.getValueAtQuantile(0.5)).toBeCloseTo(0.0005, 5);
    expect(await engine.drainFigures('release')).toEqual([]);
  });

  it('serves several releases and lets requests of an unloaded one end', async () => {
    const engine = await start();
    await engine.load('second', { ...MANIFEST, routing: { ...MANIFEST.routing, topK: 1 } }, components);
    const first = collect(engine.generate(plainRequest({ maxTokens: 30, ignoreEos: true }), never), 1);
    const second = collect(engine.generate(plainRequest({ releaseId: 'second', maxTokens: 30, ignoreEos: true }), never), 1);
    const unloaded = engine.unload('release');
    expect(() => engine.generate(plainRequest({}), never)).toThrow(ReleaseNotLoadedError);
    expect((await first).outcome.expertIds).toHaveLength(32 * 4);
    expect((await second).outcome.expertIds).toHaveLength(32 * 2);
    await unloaded;
    expect(engine.status().releases.map(({ releaseId }) => releaseId)).toEqual(['second']);
    await Promise.all([1, 2].map(() => engine.load('release', MANIFEST, components)));
    expect((await collect(engine.generate(plainRequest({}), never), 1)).outcome.status).toBe('answered');
  });

  it('fails only the requests of a failed step', async () => {
    const engine = await start();
    const failed = await collect(engine.generate(plainRequest({ promptTokens: Uint32Array.of(3, FAIL_STEP) }), never), 1);
    expect(failed.outcome).toMatchObject({ status: 'failed', error: 'the step failed', promptRows: 0 });
    expect((await collect(engine.generate(plainRequest({}), never), 1)).outcome.status).toBe('answered');
  });

  it('starts the thread again when it dies, with its releases, a bounded number of times', async () => {
    const failures: boolean[] = [];
    const engine = await start({ restart: { maxRestarts: 1, windowMs: 60_000 }, onFailure: (_, willRestart) => failures.push(willRestart) });
    const crash = () => collect(engine.generate(plainRequest({ promptTokens: Uint32Array.of(3, CRASH) }), never), 1);
    const bystander = collect(engine.generate(plainRequest({ maxTokens: 60, ignoreEos: true }), never), 1);
    const { outcome } = await crash();
    expect(outcome).toMatchObject({ status: 'failed', promptTokens: 2, promptRows: 0, choiceRows: [0] });
    expect(outcome.error).toMatch(/ended with code 7/);
    expect(['failed', 'answered']).toContain((await bystander).outcome.status);
    expect(() => engine.generate(plainRequest({}), never)).toThrow(EngineUnavailableError);
    await expect.poll(() => engine.state, { timeout: 20_000 }).toBe('ready');
    expect((await collect(engine.generate(plainRequest({}), never), 1)).outcome.status).toBe('answered');
    expect((await crash()).outcome.status).toBe('failed');
    expect(engine.state).toBe('failed');
    expect(failures).toEqual([true, false]);
  });

  it('tells a thread that starts again which experts are in quarantine', async () => {
    const engine = await start({ restart: { maxRestarts: 1, windowMs: 60_000 } });
    const mask = newExpertMask(2, 4);
    maskExpert(mask, 1, 3);
    await engine.quarantine('release', mask);
    await collect(engine.generate(plainRequest({ promptTokens: Uint32Array.of(CRASH) }), never), 1);
    await vi.waitFor(() => expect(engine.state).toBe('ready'), { timeout: 50_000 });
    expect((await engine.health('release')).experts).toMatchObject([{ layer: 1, expert: 3, state: 'quarantined', reason: null, probeAtMs: null }]);
    await engine.quarantine('release', null);
    expect((await engine.health('release')).counts).toEqual({ healthy: 8, quarantined: 0, open: 0, halfOpen: 0 });
  }, 60_000);

  it('does not start again with a release that no longer passes its check', async () => {
    const failures: string[] = [];
    const engine = await start({ onFailure: ({ message }, willRestart) => failures.push(`${willRestart} ${message}`) });
    engine.checkReloads((releaseId) => Promise.reject(new Error(`${releaseId} is damaged`)));
    await collect(engine.generate(plainRequest({ promptTokens: Uint32Array.of(3, CRASH) }), never), 1);
    await expect.poll(() => engine.state, { timeout: 20_000 }).toBe('failed');
    expect(failures).toEqual([expect.stringMatching(/^true .*code 7/), 'false release is damaged']);
  });

  it('lets running requests end when it closes, and cancels those that take too long', async () => {
    const engine = await start();
    const short = collect(engine.generate(plainRequest({ maxTokens: 5, ignoreEos: true }), never), 1);
    await engine.close(10_000);
    expect((await short).outcome.status).toBe('answered');
    expect(() => engine.generate(plainRequest({}), never)).toThrow(EngineUnavailableError);
    const second = await start();
    const waiting = [1, 2].map(() => collect(second.generate(plainRequest({ choices: 4, maxTokens: 60, ignoreEos: true }), never), 4));
    await second.close(0);
    for (const { outcome } of await Promise.all(waiting)) expect(['cancelled', 'answered']).toContain(outcome.status);
  });
});
