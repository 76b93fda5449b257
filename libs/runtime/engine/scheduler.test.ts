import { setImmediate as nextTurn } from 'node:timers/promises';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Sampler } from '../sampling/sampler.ts';
import { buildTokenTable } from '../tokenizer/token-table.ts';
import { EnginePlaces } from './engine-places.ts';
import { type GenerateEvent, type GenerateRequest } from './engine.ts';
import { Scheduler } from './scheduler.ts';
import { eachEvent, StepReportBuilder } from './step-report.ts';
import { type Answer, assemble, plainRequest } from './testing/collect.ts';
import { FakeForwardPass, type FakeModel } from './testing/fake-forward-pass.ts';

const EOS = 0;
const MODEL: FakeModel = { vocabSize: 40, layers: 3, experts: 4, topK: 2, contextTokens: 64, chunkTokens: 8 };
const WIDTH = MODEL.layers * MODEL.topK;
/** Id 0 ends the text; the others are one letter each, some of them only the half of one. */
const table = buildTokenTable(
  Array.from({ length: MODEL.vocabSize }, (_, id) => ({
    id,
    content: id === EOS ? '</s>' : id < 30 ? String.fromCodePoint(96 + id) : id % 2 ? '<0xC3>' : '<0xA9>',
    added: id === EOS,
    special: id === EOS,
  })),
  'byte-fallback',
);

class Bench {
  readonly forward: FakeForwardPass;
  readonly scheduler: Scheduler;
  readonly #events = new Map<number, GenerateEvent[]>();
  readonly requests: GenerateRequest[] = [];

  constructor(change: Partial<FakeModel> = {}, maxSequences = 4, cacheTokens = Infinity) {
    const model = { ...MODEL, ...change };
    this.forward = new FakeForwardPass(model);
    let clockMs = 0;
    this.scheduler = new Scheduler({
      context: {
        forward: this.forward,
        sampler: new Sampler(model.vocabSize),
        table,
        vocabSize: model.vocabSize,
        contextTokens: model.contextTokens,
        eosTokenIds: [EOS],
        rowWidth: WIDTH,
        topK: model.topK,
        prefillChunkTokens: model.chunkTokens,
        report: new StepReportBuilder(),
        cache: { bytesFor: (tokens) => tokens },
      },
      places: new EnginePlaces({ maxSequences, maxCacheBytes: cacheTokens }),
      now: () => clockMs++,
      publish: (report) => eachEvent(report, (handle, event) => this.#events.get(handle)?.push(event)),
      pause: () => nextTurn(),
    });
  }

  submit(change: Partial<GenerateRequest>): number {
    const request = plainRequest(change);
    const handle = this.requests.push(request) - 1;
    this.#events.set(handle, []);
    this.scheduler.submit({ handle, request, submittedAtMs: 0 });
    return handle;
  }

  answer(handle: number): Answer {
    return assemble(this.#events.get(handle) ?? [], this.requests[handle]?.choices ?? 0);
  }

  events(handle: number): readonly GenerateEvent[] {
    return this.#events.get(handle) ?? [];
  }

  async only(change: Partial<GenerateRequest>): Promise<Answer> {
    const handle = this.submit(change);
    await this.scheduler.idle();
    return this.answer(handle);
  }
}

async function alone(change: Partial<GenerateRequest>, model: Partial<FakeModel> = {}): Promise<Answer> {
  return new Bench(model).only(change);
}

/** The parts of an answer that must not depend on what else ran. */
function essence({ outcome: { timing, ...outcome }, ...answer }: Answer) {
  expect(timing.queueWaitMs).toBeGreaterThanOrEqual(0);
  return { ...answer, outcome };
}

function expectRowsAddUp({ outcome }: Answer): void {
  const rows = outcome.choiceRows.reduce((sum, count) => sum + count, outcome.promptRows);
  expect(outcome.tokenIds).toHaveLength(rows);
  expect(outcome.expertIds).toHaveLength(rows * WIDTH);
  expect(outcome.gates).toHaveLength(rows * WIDTH);
}

const anyRequest: fc.Arbitrary<Partial<GenerateRequest>> = fc.record({
  promptTokens: fc.array(fc.integer({ min: 1, max: 39 }), { minLength: 1, maxLength: 30 }).map((ids) => Uint32Array.from(ids)),
  choices: fc.integer({ min: 1, max: 3 }),
  maxTokens: fc.nat(12),
  stop: fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'é'), minLength: 1, maxLength: 2 }), { maxLength: 2 }),
  ignoreEos: fc.boolean(),
  sampling: fc.record({
    temperature: fc.constantFrom(0, 0.8),
    topP: fc.constantFrom(0.9, 1),
    topK: fc.constantFrom(0, 5),
    minP: fc.constantFrom(0, 0.05),
    presencePenalty: fc.constantFrom(0, 0.5),
    frequencyPenalty: fc.constantFrom(0, 0.5),
    repetitionPenalty: fc.constantFrom(1, 1.2),
    logitBias: fc.constant({}),
    seed: fc.nat(1000),
  }),
  logprobs: fc.constantFrom(null, 0, 3),
  promptLogprobs: fc.constantFrom(null, 1),
});

describe('scheduler', () => {
  it('runs the prompt once and each choice from there, with exactly the rows that ran', async () => {
    const bench = new Bench();
    const prompt = Uint32Array.from({ length: 19 }, (_, at) => 1 + at);
    const sampling = { ...plainRequest({}).sampling, temperature: 1 };
    const answer = await bench.only({ promptTokens: prompt, choices: 3, maxTokens: 5, ignoreEos: true, sampling });
    expect(answer.outcome).toMatchObject({ status: 'answered', promptTokens: 19, completionTokens: 15, promptRows: 19, choiceRows: [4, 4, 4] });
    expectRowsAddUp(answer);
    expect([...answer.outcome.tokenIds]).toEqual([...prompt, ...answer.tokenIds.flatMap((ids) => ids.slice(0, -1))]);
    expect(bench.forward.rows).toBe(19 + 12);
    expect(bench.forward.openCaches.size).toBe(0);
    expect(answer.reasons).toEqual(['length', 'length', 'length']);
    expect(new Set(answer.tokenIds.map(String)).size).toBeGreaterThan(1);
  });

  it('gives a request the same answer alone and in any company, order and arrival', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyRequest, { minLength: 2, maxLength: 8 }), fc.array(fc.nat(4), { maxLength: 8 }), async (requests, delays) => {
        const bench = new Bench();
        for (const [at, request] of requests.entries()) {
          for (let turn = 0; turn < (delays[at] ?? 0); turn++) await nextTurn();
          bench.submit(request);
        }
        await bench.scheduler.idle();
        let rows = 0;
        for (const [handle, request] of requests.entries()) {
          const together = bench.answer(handle);
          expect(essence(together)).toEqual(essence(await alone(request)));
          expectRowsAddUp(together);
          rows += together.outcome.tokenIds.length;
        }
        expect(bench.forward.rows).toBe(rows);
        expect(bench.forward.openCaches.size).toBe(0);
        expect(bench.forward.largestStep).toBeLessThanOrEqual(4 + 1);
      }),
      { numRuns: 60 },
    );
  });

  it('frees every cache and counts every row under cancellations at any moment', async () => {
    const cancels = fc.array(fc.record({ turn: fc.nat(20), handle: fc.nat(7) }), { maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(fc.array(anyRequest, { minLength: 1, maxLength: 8 }), cancels, async (requests, plan) => {
        const bench = new Bench({ beforeStep: () => nextTurn() });
        for (const request of requests) bench.submit(request);
        for (let turn = 0; turn <= 20; turn++) {
          for (const cancel of plan) if (cancel.turn === turn) bench.scheduler.cancel(cancel.handle);
          await nextTurn();
        }
        await bench.scheduler.idle();
        const answers = requests.map((_, handle) => bench.answer(handle));
        for (const answer of answers) {
          expectRowsAddUp(answer);
          expect(answer.outcome.status).not.toBe('failed');
        }
        expect(answers.reduce((sum, { outcome }) => sum + outcome.tokenIds.length, 0)).toBe(bench.forward.rows);
        expect(bench.forward.openCaches.size).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('cancels a waiting request at once', async () => {
    const bench = new Bench({}, 1);
    bench.submit({ maxTokens: 30, ignoreEos: true });
    const waiting = bench.submit({});
    bench.scheduler.cancel(waiting);
    expect(bench.answer(waiting).outcome).toMatchObject({ status: 'cancelled', promptRows: 0, choiceRows: [0] });
    bench.scheduler.cancel(99);
    await bench.scheduler.idle();
    expect(bench.answer(0).outcome.status).toBe('answered');
  });

  it('stops at the end token, at stop tokens and at stop texts, and keeps the stop out of the text', async () => {
    const free = await alone({ maxTokens: 30, ignoreEos: true });
    const ids = free.tokenIds[0] ?? [];
    const letters = ids.map((id) => (id < 30 && id !== EOS ? table.text(id) : '.')).join('');
    const third = ids[2] as number;
    const byToken = await alone({ maxTokens: 30, ignoreEos: true, stopTokenIds: [third] });
    expect(byToken.reasons).toEqual(['stop']);
    expect(byToken.tokenIds[0]).toEqual(ids.slice(0, ids.indexOf(third) + 1));
    const at = /[a-z]{2}/.exec(letters)?.index ?? -1;
    expect(at).toBeGreaterThanOrEqual(0);
    const stop = letters.slice(at, at + 2);
    const byText = await alone({ maxTokens: 30, ignoreEos: true, stop: [stop] });
    expect(byText.stopTexts).toEqual([stop]);
    expect(free.texts[0]?.startsWith((byText.texts[0] ?? '') + stop)).toBe(true);
    const bias = { ...plainRequest({}).sampling, logitBias: { [EOS]: 100 } };
    const ended = await alone({ sampling: bias });
    expect(ended).toMatchObject({ texts: [''], tokenIds: [[EOS]], reasons: ['stop'], stopTexts: [null] });
    expect(ended.outcome).toMatchObject({ promptRows: 3, choiceRows: [0], completionTokens: 1 });
  });

  it('clips to the context, and runs prompts without sampling', async () => {
    const long = await alone({ promptTokens: new Uint32Array(60).fill(3), maxTokens: 100, ignoreEos: true });
    expect(long.outcome).toMatchObject({ completionTokens: 5, promptRows: 60, choiceRows: [4] });
    const none = await alone({ maxTokens: 0, promptLogprobs: 2 });
    expect(none).toMatchObject({ texts: [''], reasons: ['length'], outcome: { completionTokens: 0, promptRows: 3, choiceRows: [0] } });
    expect(none.outcome.timing.timeToFirstTokenMs).toBeNull();
    expect(none.promptLogprobs).toHaveLength(3);
  });

  it('scores prompt and answer from the model, across chunks', async () => {
    const promptTokens = Uint32Array.from({ length: 17 }, (_, at) => 39 - at);
    const answer = await alone({ promptTokens, promptLogprobs: 1, logprobs: 2, maxTokens: 3, ignoreEos: true });
    expect(answer.promptLogprobs?.[0]).toBeNull();
    expect(answer.promptLogprobs?.slice(1).map((position) => position?.tokenId)).toEqual(Array.from(promptTokens.slice(1)));
    for (const position of answer.logprobs[0] ?? []) {
      expect(position.top).toHaveLength(2);
      expect(position.top[0]).toMatchObject({ tokenId: position.tokenId, logprob: position.logprob });
      expect(position.logprob).toBeLessThan(0);
    }
    expect(answer.logprobs[0]?.map(({ tokenId }) => tokenId)).toEqual(answer.tokenIds[0]);
    const plain = await alone({ promptTokens, maxTokens: 3, ignoreEos: true });
    expect(plain.tokenIds).toEqual(answer.tokenIds);
  });

  it('fails only the requests of a failed step, and goes on', async () => {
    let steps = 0;
    const bench = new Bench({
      beforeStep: () => {
        if (++steps === 3) throw new Error('the session broke');
      },
    }, 2);
    const first = bench.submit({ maxTokens: 20, ignoreEos: true });
    const second = bench.submit({ maxTokens: 20, ignoreEos: true });
    const waiting = bench.submit({ maxTokens: 2, ignoreEos: true });
    await bench.scheduler.idle();
    for (const handle of [first, second]) {
      expect(bench.answer(handle).outcome).toMatchObject({ status: 'failed', error: 'the session broke', promptRows: 3, choiceRows: [1] });
      expectRowsAddUp(bench.answer(handle));
    }
    expect(bench.answer(waiting).outcome.status).toBe('answered');
    expect(bench.forward.openCaches.size).toBe(0);
  });

  it('starts only requests whose caches will fit, but one always', async () => {
    const bench = new Bench({}, 4, 29);
    for (let i = 0; i < 6; i++) bench.submit({ maxTokens: 8, ignoreEos: true });
    bench.submit({ promptTokens: new Uint32Array(40).fill(4), ignoreEos: true });
    await bench.scheduler.idle();
    for (const handle of bench.requests.keys()) expect(bench.answer(handle).outcome.status).toBe('answered');
    expect(bench.forward.largestStep).toBe(2);
  });

  it('lets the youngest give way when the caches are full after all', async () => {
    const bench = new Bench({ maxPositions: 44 });
    const requests = [
      { promptTokens: new Uint32Array(16).fill(4), maxTokens: 12, ignoreEos: true },
      { promptTokens: new Uint32Array(4).fill(5), maxTokens: 12, ignoreEos: true },
      { promptTokens: new Uint32Array(30).fill(6), maxTokens: 3, ignoreEos: true },
    ];
    for (const request of requests) bench.submit(request);
    await bench.scheduler.idle();
    for (const [handle, request] of requests.entries()) {
      const together = bench.answer(handle);
      expect(together.outcome.status).toBe('answered');
      expect(essence(together)).toEqual(essence(await alone(request)));
    }
    expect(bench.forward.rows).toBeGreaterThan(27 + 15 + 32);
    expect(bench.forward.openCaches.size).toBe(0);
  });

  it('runs at most one chunk of prompts in a step, beside all that decodes', async () => {
    const prefilled: number[] = [];
    const bench = new Bench({ beforeStep: (items) => void prefilled.push(items.reduce((sum, { tokens }) => sum + (tokens.length > 1 ? tokens.length : 0), 0)) });
    for (const length of [20, 3, 4, 17]) bench.submit({ promptTokens: new Uint32Array(length).fill(4), maxTokens: 4, ignoreEos: true });
    await bench.scheduler.idle();
    expect(prefilled.slice(0, 5)).toEqual([8, 8, 7, 4, 8]);
    expect(Math.max(...prefilled)).toBe(8);
  });

  it('counts what it generated for the penalties', async () => {
    const sampling = { ...plainRequest({}).sampling, presencePenalty: 100 };
    const { tokenIds } = await alone({ maxTokens: 39, ignoreEos: true, sampling });
    expect(new Set(tokenIds[0]).size).toBe(39);
    const repelled = await alone({ maxTokens: 1, ignoreEos: true, sampling: { ...plainRequest({}).sampling, repetitionPenalty: 1e6 } });
    expect([5, 6, 7]).not.toContain(repelled.tokenIds[0]?.[0]);
  });

  it('fails a request that finds no room even alone, or whose answer has begun', async () => {
    const crowded = await alone({ promptTokens: new Uint32Array(30).fill(4) }, { maxPositions: 20 });
    expect(crowded.outcome).toMatchObject({ status: 'failed', promptRows: 16 });
    expect(crowded.outcome.error).toMatch(/KV cache/);
    const bench = new Bench({ maxPositions: 20 });
    for (let i = 0; i < 2; i++) bench.submit({ maxTokens: 16, ignoreEos: true });
    await bench.scheduler.idle();
    expect([0, 1].map((handle) => bench.answer(handle).outcome.status)).toEqual(['answered', 'failed']);
    expectRowsAddUp(bench.answer(1));
    const forked = await alone({ choices: 2, ignoreEos: true }, { maxCaches: 1 });
    expect(forked.outcome).toMatchObject({ status: 'failed', error: 'no room for another cache' });
    expect((await alone({}, { maxCaches: 0 })).outcome.status).toBe('failed');
  });

  it('starts requests in order of arrival', async () => {
    const bench = new Bench({}, 2);
    const wide = [1, 2, 1, 1].map((choices) => bench.submit({ choices, maxTokens: 6, ignoreEos: true }));
    await bench.scheduler.idle();
    const waits = wide.map((handle) => bench.answer(handle).outcome.timing.queueWaitMs);
    expect(waits).toEqual(waits.toSorted((a, b) => a - b));
    expect(bench.events(0)[0]?.type).toBe('started');
  });
});
