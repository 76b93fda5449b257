import { setImmediate as nextTurn } from 'node:timers/promises';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { Sampler } from '../sampling/sampler.ts';
import { buildTokenTable } from '../tokenizer/token-table.ts';
import { CacheFullError } from '../forward/kv-cache.ts';
import { EnginePlaces } from './engine-places.ts';
import { Scheduler } from './scheduler.ts';
import { StepReportBuilder } from './step-report.ts';
import { plainRequest } from './testing/collect.ts';
import { FakeForwardPass, type FakeModel } from './testing/fake-forward-pass.ts';

const MODEL: FakeModel = { vocabSize: 40, layers: 1, experts: 4, topK: 2, contextTokens: 64, chunkTokens: 64 };
const table = buildTokenTable(Array.from({ length: MODEL.vocabSize }, (_, id) => ({ id, content: 'x', added: false, special: false })), 'byte-fallback');

interface Ended {
  readonly handle: number;
  readonly status: string;
}

/** An engine of several releases, without a model. */
class Releases {
  readonly started: number[] = [];
  readonly ended: Ended[] = [];
  mostSequences = 0;
  readonly forwards: readonly FakeForwardPass[];
  readonly schedulers: readonly Scheduler[];

  constructor(count: number, limits: { readonly maxSequences: number; readonly maxCacheBytes: number }, model: Partial<FakeModel> = {}) {
    const places = new EnginePlaces(limits);
    const beforeStep = () => {
      this.mostSequences = Math.max(this.mostSequences, this.forwards.reduce((sum, { openCaches }) => sum + openCaches.size, 0));
    };
    this.forwards = Array.from({ length: count }, () => new FakeForwardPass({ ...MODEL, beforeStep, ...model }));
    this.schedulers = this.forwards.map(
      (forward) =>
        new Scheduler({
          context: {
            forward,
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
          },
          places,
          now: () => 0,
          publish: ({ started, outcomes }) => {
            this.started.push(...started.map(({ handle }) => handle));
            this.ended.push(...outcomes.map(({ handle, outcome }) => ({ handle, status: outcome.status })));
          },
          pause: () => nextTurn(),
        }),
    );
  }

  submit(release: number, handle: number, choices: number, maxTokens: number): void {
    this.schedulers[release]?.submit({ handle, request: plainRequest({ choices, maxTokens, ignoreEos: true }), submittedAtMs: 0 });
  }

  async idle(): Promise<void> {
    for (const scheduler of this.schedulers) await scheduler.idle();
  }
}

const request = fc.record({ release: fc.nat(2), choices: fc.integer({ min: 1, max: 4 }), maxTokens: fc.integer({ min: 1, max: 9 }), cancel: fc.boolean(), pause: fc.boolean() });

it('answers every request of several releases within the limits of all together', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 25 }), fc.constantFrom(12, 40, Infinity), async (requests, maxCacheBytes) => {
      const releases = new Releases(3, { maxSequences: 4, maxCacheBytes });
      for (const [handle, { release, choices, maxTokens, cancel, pause }] of requests.entries()) {
        releases.submit(release, handle, choices, maxTokens);
        if (pause) await nextTurn();
        if (cancel) releases.schedulers[release]?.cancel(handle);
      }
      await releases.idle();
      expect(releases.ended.map(({ handle }) => handle).toSorted((a, b) => a - b)).toEqual([...requests.keys()]);
      for (const { handle, status } of releases.ended) if (!requests[handle]?.cancel) expect(status).toBe('answered');
      expect(releases.mostSequences).toBeLessThanOrEqual(4);
    }),
    { numRuns: 150 },
  );
});

it('lets a release with little traffic wait no longer than its turn', async () => {
  const releases = new Releases(2, { maxSequences: 2, maxCacheBytes: Infinity });
  for (let handle = 0; handle < 20; handle++) releases.submit(handle === 7 ? 1 : 0, handle, 1, 4);
  await releases.idle();
  // Of a pair that starts together the other release's may be told first.
  expect(Math.abs(releases.started.indexOf(7) - 7)).toBeLessThanOrEqual(1);
});

it('takes a prompt back when another release holds the memory, and answers it later', async () => {
  const [first, second] = [0, 1];
  let full = 2;
  const releases = new Releases(2, { maxSequences: 4, maxCacheBytes: Infinity });
  const step = releases.forwards[second]!.step.bind(releases.forwards[second]);
  releases.forwards[second]!.step = (items) => (full-- > 0 ? Promise.reject(new CacheFullError(1, 1)) : step(items));
  releases.submit(first, 0, 1, 30);
  releases.submit(first, 1, 1, 3);
  releases.submit(second, 2, 1, 3);
  await releases.idle();
  expect(releases.ended.map(({ status }) => status)).toEqual(['answered', 'answered', 'answered']);
});
