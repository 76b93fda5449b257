import { setImmediate as nextTurn } from 'node:timers/promises';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Sampler } from '../sampling/sampler.ts';
import { buildTokenTable } from '../tokenizer/token-table.ts';
import { type AdmissionSettings, DEFAULT_ADMISSION } from './admission-settings.ts';
import { EnginePlaces } from './engine-places.ts';
import { type GenerateOutcome, type GenerateRequest } from './engine.ts';
import { type RepetitionRules } from './repetition-watch.ts';
import { Scheduler } from './scheduler.ts';
import { StepReportBuilder } from './step-report.ts';
import { plainRequest } from './testing/collect.ts';
import { FakeForwardPass, type FakeModel } from './testing/fake-forward-pass.ts';

const MODEL: FakeModel = { vocabSize: 40, layers: 2, experts: 4, topK: 2, contextTokens: 128, chunkTokens: 16 };
const table = buildTokenTable(Array.from({ length: MODEL.vocabSize }, (_, id) => ({ id, content: 'x', added: false, special: false })), 'byte-fallback');

interface BenchOptions {
  readonly maxSequences?: number;
  readonly admission?: Partial<AdmissionSettings>;
  readonly repetition?: RepetitionRules;
  readonly model?: Partial<FakeModel>;
}

/** A scheduler whose clock the test moves. */
class Bench {
  nowMs = 0;
  readonly started: number[] = [];
  readonly outcomes = new Map<number, GenerateOutcome>();
  readonly scheduler: Scheduler;
  #next = 0;

  constructor({ maxSequences = 1, admission = {}, repetition, model = {} }: BenchOptions = {}) {
    this.scheduler = new Scheduler({
      context: {
        forward: new FakeForwardPass({ ...MODEL, ...model }),
        sampler: new Sampler(MODEL.vocabSize),
        table,
        vocabSize: MODEL.vocabSize,
        contextTokens: MODEL.contextTokens,
        eosTokenIds: [],
        rowWidth: MODEL.layers * MODEL.topK,
        topK: MODEL.topK,
        prefillChunkTokens: MODEL.chunkTokens,
        report: new StepReportBuilder(),
        cache: { bytesFor: (tokens) => tokens },
        ...(repetition ? { repetition } : {}),
      },
      places: new EnginePlaces({ maxSequences, maxCacheBytes: Infinity, admission: { ...DEFAULT_ADMISSION, ...admission } }),
      now: () => this.nowMs,
      publish: ({ started, outcomes }) => {
        this.started.push(...started.map(({ handle }) => handle));
        for (const { handle, outcome } of outcomes) this.outcomes.set(handle, outcome);
      },
      pause: () => nextTurn(),
    });
  }

  submit(change: Partial<GenerateRequest>): number {
    const handle = this.#next++;
    this.scheduler.submit({ handle, request: plainRequest({ ignoreEos: true, ...change }), submittedAtMs: this.nowMs });
    return handle;
  }
}

describe('order between tenants', () => {
  it('starts the least served tenant first, and each tenant in order of arrival', async () => {
    const bench = new Bench();
    for (let i = 0; i < 6; i++) bench.submit({ tenant: 'greedy', maxTokens: 4 });
    for (let i = 0; i < 2; i++) bench.submit({ tenant: 'modest', maxTokens: 4 });
    await bench.scheduler.idle();
    expect(bench.started).toEqual([0, 6, 1, 7, 2, 3, 4, 5]);
  });

  it('starts by arrival where it is told so', async () => {
    const bench = new Bench({ admission: { order: 'arrival' } });
    for (const tenant of ['greedy', 'greedy', 'modest']) bench.submit({ tenant, maxTokens: 4 });
    await bench.scheduler.idle();
    expect(bench.started).toEqual([0, 1, 2]);
  });

  it('serves three times as much for a tenant of weight three', async () => {
    const bench = new Bench({ admission: { weights: { heavy: 3 } } });
    for (let i = 0; i < 40; i++) for (const tenant of ['heavy', 'light']) bench.submit({ tenant, maxTokens: 4 });
    await bench.scheduler.idle();
    const ofHeavy = bench.started.slice(0, 20).filter((handle) => handle % 2 === 0).length;
    expect(ofHeavy).toBeGreaterThanOrEqual(14);
    expect(ofHeavy).toBeLessThanOrEqual(16);
  });

  it('serves backlogged tenants alike, whatever they ask for, and everybody in the end', async () => {
    const wish = fc.record({ tokens: fc.integer({ min: 1, max: 12 }), prompt: fc.integer({ min: 1, max: 30 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(wish, { minLength: 1, maxLength: 4 }), fc.array(wish, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 3 }), async (first, second, maxSequences) => {
        const bench = new Bench({ maxSequences });
        const cost: number[] = [];
        for (let i = 0; i < 24; i++) {
          for (const [tenant, wishes] of [['a', first], ['b', second]] as const) {
            const { tokens, prompt } = wishes[i % wishes.length] ?? { tokens: 1, prompt: 1 };
            cost[bench.submit({ tenant, maxTokens: tokens, promptTokens: new Uint32Array(prompt).fill(3) })] = prompt + 2 * tokens;
          }
        }
        await bench.scheduler.idle();
        expect(bench.outcomes.size).toBe(48);
        const served = [0, 0];
        const left = [24, 24];
        for (const handle of bench.started) {
          served[handle % 2]! += cost[handle] ?? 0;
          left[handle % 2]! -= 1;
          // As long as both have requests waiting; those that run are charged as they go.
          if (left[0]! > 0 && left[1]! > 0) expect(Math.abs(served[0]! - served[1]!)).toBeLessThanOrEqual(54 * (2 + maxSequences));
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('deadlines', () => {
  it('end what waits when it has passed, without running it, and let the rest go on', async () => {
    const bench = new Bench({ model: { beforeStep: () => void (bench.nowMs += 10) } });
    const long = bench.submit({ maxTokens: 20 });
    const late = bench.submit({ maxTokens: 2, deadlineMs: 50 });
    const patient = bench.submit({ maxTokens: 2, deadlineMs: 1000 });
    await bench.scheduler.idle();
    expect(bench.outcomes.get(late)).toMatchObject({ status: 'cancelled', reason: 'deadline', promptRows: 0 });
    expect(bench.outcomes.get(long)?.status).toBe('answered');
    expect(bench.outcomes.get(patient)?.status).toBe('answered');
    expect(bench.started).toEqual([long, patient]);
  });

  it('end what runs when it has passed, with the rows that ran', async () => {
    const bench = new Bench({ model: { beforeStep: () => void (bench.nowMs += 10) } });
    const late = bench.submit({ maxTokens: 20, deadlineMs: 55 });
    await bench.scheduler.idle();
    const outcome = bench.outcomes.get(late);
    expect(outcome).toMatchObject({ status: 'cancelled', reason: 'deadline', promptRows: 3 });
    expect(outcome?.tokenIds).toHaveLength(3 + (outcome?.choiceRows[0] ?? 0));
    expect(outcome?.completionTokens).toBeLessThan(8);
  });

  it('begin nothing that cannot make it at the pace of requests before', async () => {
    const bench = new Bench({ model: { beforeStep: () => void (bench.nowMs += 10) } });
    bench.submit({ maxTokens: 20 });
    await bench.scheduler.idle();
    const hopeless = bench.submit({ maxTokens: 20, deadlineMs: bench.nowMs + 100 });
    const quick = bench.submit({ maxTokens: 2, deadlineMs: bench.nowMs + 100 });
    await bench.scheduler.idle();
    expect(bench.outcomes.get(hopeless)).toMatchObject({ reason: 'deadline', promptRows: 0 });
    expect(bench.outcomes.get(quick)?.status).toBe('answered');
  });
});

it('runs an isolated prompt in a small share of each step, beside the others and never instead of them', async () => {
  const chunks: number[] = [];
  const settings = { action: 'isolate', minTokens: 16, maxSpread: 1 } as const;
  const repetition = { settings, layers: MODEL.layers, experts: MODEL.experts, topK: MODEL.topK };
  const bench = new Bench({ maxSequences: 4, repetition, model: { beforeStep: (items) => void chunks.push(items.reduce((sum, { tokens }) => sum + (tokens.length > 1 ? tokens.length : 0), 0)) } });
  bench.submit({ promptTokens: new Uint32Array(64).fill(3), maxTokens: 1 });
  bench.submit({ promptTokens: new Uint32Array(12).fill(4), maxTokens: 1 });
  bench.submit({ promptTokens: new Uint32Array(12).fill(4), maxTokens: 1 });
  await bench.scheduler.idle();
  // One whole chunk until it is judged, then two tokens (an eighth) of it in each step beside a prompt of another.
  expect(chunks.slice(0, 4)).toEqual([16, 2 + 12, 2 + 12, 2]);
  expect(bench.outcomes.get(0)).toMatchObject({ status: 'answered', isRepetition: true, promptRows: 64 });
});
