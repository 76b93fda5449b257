import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { maskExpert, newExpertMask } from '#libs/moe/expert-mask';
import { type ForwardPass } from '../forward/forward-pass.ts';
import { sequenceCacheBytes } from '../forward/kv-cache.ts';
import { openRoutedReleases, type RoutedReleases, SMALL_CHUNK_TOKENS, SMALL_VOCABULARY } from '../../../test/fixtures/routed-releases.ts';
import { Sampler } from '../sampling/sampler.ts';
import { buildTokenTable } from '../tokenizer/token-table.ts';
import { EnginePlaces } from './engine-places.ts';
import { type GenerateEvent, type GenerateRequest } from './engine.ts';
import { PrefixCache } from './prefix-cache.ts';
import { Scheduler } from './scheduler.ts';
import { eachEvent, StepReportBuilder } from './step-report.ts';
import { plainRequest } from './testing/collect.ts';

const table = buildTokenTable(Array.from({ length: SMALL_VOCABULARY }, (_, id) => ({ id, content: `<${id}>`, added: false, special: false })), 'byte-fallback');

let releases: RoutedReleases;
let forward: ForwardPass;

beforeAll(async () => {
  releases = await openRoutedReleases();
  forward = await releases.load(releases.manifest.routing);
});

afterAll(async () => {
  await forward.dispose();
  await releases[Symbol.asyncDispose]();
});

/** A scheduler on a real model, with or without a cache of prefixes. */
function bench(maxBytes: number) {
  const { shape, routing } = releases.manifest;
  const bytesFor = (tokens: number): number => sequenceCacheBytes(shape, tokens);
  const prefixes = new PrefixCache({ forward, maxBytes, chunkTokens: SMALL_CHUNK_TOKENS, bytesFor });
  const events = new Map<number, GenerateEvent[]>();
  let handles = 0;
  const scheduler = new Scheduler({
    context: {
      forward, table, sampler: new Sampler(shape.vocabSize), vocabSize: shape.vocabSize, contextTokens: shape.contextTokens, eosTokenIds: [],
      rowWidth: shape.layers * routing.topK, topK: routing.topK, prefillChunkTokens: SMALL_CHUNK_TOKENS, report: new StepReportBuilder(),
      cache: { bytesFor }, prefixes: () => prefixes, dropPrefixes: () => prefixes.clear(),
    },
    places: new EnginePlaces({ maxSequences: 8, maxCacheBytes: 2 ** 26 }),
    now: () => 0,
    publish: (report) => eachEvent(report, (handle, event) => events.get(handle)!.push(event)),
    pause: () => nextTurn(),
  });
  const run = async (...requests: Partial<GenerateRequest>[]) => {
    const own = requests.map((request) => {
      const handle = handles++;
      events.set(handle, []);
      scheduler.submit({ handle, request: plainRequest({ maxTokens: 6, logprobs: 2, ...request }), submittedAtMs: 0 });
      return handle;
    });
    await scheduler.idle();
    return own.map((handle) => {
      const outcome = events.get(handle)!.find((event) => event.type === 'finished')!.outcome;
      const deltas = events.get(handle)!.filter((event) => event.type === 'delta');
      const { cachedTokens = 0, timing: _timing, ...rest } = outcome;
      return { cachedTokens, answer: { ...rest, deltas } };
    });
  };
  return { prefixes, run };
}

function promptOf(length: number, seed = 1): Uint32Array {
  return Uint32Array.from({ length }, (_, at) => (seed * 7919 + at * at * 31 + at * 17) % SMALL_VOCABULARY);
}

describe('the prefix cache', () => {
  it('keeps a beginning that comes twice, and gives the same bits, routes included, to those that begin with it', async () => {
    const { prefixes, run } = bench(2 ** 24);
    const without = bench(0);
    const promptTokens = promptOf(3 * SMALL_CHUNK_TOKENS + 5);
    const tail = Uint32Array.from([...promptTokens.subarray(0, 2 * SMALL_CHUNK_TOKENS), ...promptOf(11, 5)]);
    const [plain] = await without.run({ promptTokens });
    const [plainTail] = await without.run({ promptTokens: tail, choices: 2, sampling: { ...plainRequest({}).sampling, temperature: 1, seed: 9 } });
    const seen: number[] = [];
    for (let time = 0; time < 4; time++) {
      const [one] = await run({ promptTokens });
      expect(one!.answer).toEqual(plain!.answer);
      seen.push(one!.cachedTokens);
    }
    expect(seen).toEqual([0, 0, 3 * SMALL_CHUNK_TOKENS, 3 * SMALL_CHUNK_TOKENS]);
    const [other] = await run({ promptTokens: tail, choices: 2, sampling: { ...plainRequest({}).sampling, temperature: 1, seed: 9 } });
    expect(other!.cachedTokens).toBe(2 * SMALL_CHUNK_TOKENS);
    expect(other!.answer).toEqual(plainTail!.answer);
    expect(prefixes.bytes).toBeGreaterThan(0);
    expect(prefixes.clear()).toBe(true);
    expect(forward.memory().cacheBytes).toBe(0);
  });

  it('gives the same bits among others', async () => {
    const { run, prefixes } = bench(2 ** 24);
    const prompts = [promptOf(40), promptOf(55), promptOf(40, 3), promptOf(33)];
    const alone = [];
    for (const promptTokens of prompts) alone.push((await bench(0).run({ promptTokens }))[0]!.answer);
    for (let time = 0; time < 3; time++) {
      const together = await run(...prompts.map((promptTokens) => ({ promptTokens })));
      expect(together.map(({ answer }) => answer)).toEqual(alone);
      if (time === 2) expect(together.every(({ cachedTokens }) => cachedTokens > 0)).toBe(true);
    }
    prefixes.clear();
  });

  it('is not shared between tenants, masks and paths, nor used where the prompt itself is scored', async () => {
    const { run, prefixes } = bench(2 ** 24);
    const { layers, experts } = releases.manifest.shape;
    const promptTokens = promptOf(40);
    const mask = newExpertMask(layers, experts);
    maskExpert(mask, 0, 1);
    for (let time = 0; time < 2; time++) await run({ promptTokens, tenant: 'a' });
    const cached = async (change: Partial<GenerateRequest>) => (await run({ promptTokens, ...change }))[0]!.cachedTokens;
    expect(await cached({ tenant: 'a' })).toBe(32);
    expect(await cached({ tenant: 'b' })).toBe(0);
    expect(await cached({})).toBe(0);
    expect(await cached({ tenant: 'a', expertMask: mask })).toBe(0);
    expect(await cached({ tenant: 'a', generalist: true })).toBe(0);
    expect(await cached({ tenant: 'a', promptLogprobs: 0 })).toBe(0);
    prefixes.clear();
  });

  it('keeps within its bound, the least recently used goes first', async () => {
    const each = sequenceCacheBytes(releases.manifest.shape, SMALL_CHUNK_TOKENS) + SMALL_CHUNK_TOKENS * releases.manifest.shape.layers * releases.manifest.routing.topK * 6;
    const { run, prefixes } = bench(2 * each);
    const prompts = [1, 2, 3].map((seed) => promptOf(SMALL_CHUNK_TOKENS + 2, seed));
    const use = async (at: number) => (await run({ promptTokens: prompts[at]! }))[0]!.cachedTokens;
    for (const at of [0, 0, 1, 1]) await use(at);
    expect(await use(0)).toBe(SMALL_CHUNK_TOKENS);
    for (const at of [2, 2]) await use(at);
    expect(prefixes.bytes).toBeLessThanOrEqual(2 * each);
    expect([await use(2), await use(0), await use(1)]).toEqual([SMALL_CHUNK_TOKENS, SMALL_CHUNK_TOKENS, 0]);
    prefixes.clear();
    expect(forward.memory().cacheBytes).toBe(0);
  });
});
