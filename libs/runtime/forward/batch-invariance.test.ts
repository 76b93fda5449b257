import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { quantiseTinyRelease } from '../../../test/fixtures/quantised-release.ts';
import { importTinyRelease, type TinyRelease } from '../../../test/fixtures/tiny-release.ts';
import { seededRandom } from '../../../test/harness/random.ts';
import { type ForwardPass, type SequenceCache, type StepItem, type StepOutput } from './forward-pass.ts';
import { loadForwardPass } from './load-release.ts';

const CHUNK_TOKENS = 48;
const VOCABULARY = 4096;

/** A sequence as its owner runs it: the pieces are its own choice, whoever runs beside it. */
interface Script {
  readonly pieces: readonly Uint32Array[];
}

interface Run {
  readonly script: Script;
  readonly cache: SequenceCache;
  readonly outputs: StepOutput[];
}

let oneThread: ForwardPass;
let twoThreads: ForwardPass;
let folder: string;

async function load({ manifest, components }: TinyRelease): Promise<void> {
  const withThreads = (threads: number) =>
    loadForwardPass({ manifest, components, threads, chunkTokens: CHUNK_TOKENS, maxCacheBytes: 2 ** 28 });
  [oneThread, twoThreads] = [await withThreads(1), await withThreads(2)];
}

async function dispose(): Promise<void> {
  await oneThread.dispose();
  await twoThreads.dispose();
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-invariance-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const tokenIds = (length: number) => fc.uint32Array({ min: 0, max: VOCABULARY - 1, minLength: length, maxLength: length });
const script: fc.Arbitrary<Script> = fc
  .record({
    prompt: fc.array(fc.integer({ min: 1, max: CHUNK_TOKENS }), { minLength: 1, maxLength: 3 }),
    decode: fc.integer({ min: 1, max: 8 }),
  })
  .chain(({ prompt, decode }) => fc.tuple(...[...prompt, ...Array<number>(decode).fill(1)].map(tokenIds)))
  .map((pieces) => ({ pieces }));

function nextItem({ script: { pieces }, cache, outputs }: Run): StepItem {
  return { cache, tokens: pieces[outputs.length]!, logitsFrom: 0 };
}

async function stepTogether(forward: ForwardPass, runs: readonly Run[]): Promise<void> {
  const outputs = await forward.step(runs.map(nextItem));
  for (const [at, run] of runs.entries()) run.outputs.push(outputs[at]!);
}

async function runAlone(forward: ForwardPass, own: Script): Promise<StepOutput[]> {
  const run: Run = { script: own, cache: forward.open(), outputs: [] };
  while (run.outputs.length < own.pieces.length) await stepTogether(forward, [run]);
  forward.close(run.cache);
  return run.outputs;
}

/** Runs all scripts in a random order of arrival; every step takes a random part of those present. */
async function runMixed(forward: ForwardPass, scripts: readonly Script[], seed: number): Promise<StepOutput[][]> {
  const random = seededRandom(seed);
  const runs: Run[] = [];
  const done = Array.from<StepOutput[]>({ length: scripts.length });
  const waiting = [...scripts.keys()];
  const present = new Set<number>();
  while (waiting.length > 0 || present.size > 0) {
    while (waiting.length > 0 && (present.size === 0 || random() < 0.6)) {
      const [index] = waiting.splice(Math.floor(random() * waiting.length), 1);
      runs[index!] = { script: scripts[index!]!, cache: forward.open(), outputs: [] };
      present.add(index!);
    }
    const keep = 0.3 + 0.7 * random();
    const chosen = [...present].filter(() => random() < keep);
    await stepTogether(forward, chosen.map((index) => runs[index]!));
    for (const index of chosen) {
      const run = runs[index]!;
      if (run.outputs.length < run.script.pieces.length) continue;
      forward.close(run.cache);
      present.delete(index);
      done[index] = run.outputs;
    }
  }
  return done;
}

/** Bit equality, -0 and NaN included; toEqual over many floats would be slow. */
function sameBits(a: readonly StepOutput[], b: readonly StepOutput[]): boolean {
  const bytes = (array: Float32Array | Uint16Array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);
  return (
    a.length === b.length &&
    a.every(
      (output, at) =>
        bytes(output.logits).equals(bytes(b[at]!.logits)) &&
        bytes(output.expertIds).equals(bytes(b[at]!.expertIds)) &&
        bytes(output.gates).equals(bytes(b[at]!.gates)),
    )
  );
}

describe.each(['fp32', 'int8', 'int4'] as const)('batch invariance at %s', (precision) => {
  beforeAll(async () => load(precision === 'fp32' ? await importTinyRelease(folder) : await quantiseTinyRelease(folder, precision)), 60_000);
  afterAll(dispose);

  it('gives a sequence the same bits alone and among up to 15 others, with one thread and with two', async () => {
    await fc.assert(
      fc.asyncProperty(script, fc.array(script, { maxLength: 15 }), fc.integer(), async (subject, others, seed) => {
        const alone = await runAlone(oneThread, subject);
        for (const forward of [oneThread, twoThreads]) {
          const [mixed] = await runMixed(forward, [subject, ...others], seed);
          expect(sameBits(mixed!, alone)).toBe(true);
        }
        expect(oneThread.memory().cacheBytes).toBe(0);
      }),
      { numRuns: precision === 'fp32' ? 15 : 6 },
    );
  }, 60_000);

  it('continues a fork with the same bits as its origin', async () => {
    await fc.assert(
      fc.asyncProperty(script, script, script, async (prompt, tail, other) => {
        const alone = await runAlone(oneThread, { pieces: [...prompt.pieces, ...tail.pieces] });
        const cache = oneThread.open();
        for (const tokens of prompt.pieces) await oneThread.step([{ cache, tokens, logitsFrom: 0 }]);
        const fork = oneThread.fork(cache);
        const runs: Run[] = [
          { script: other, cache, outputs: [] },
          { script: tail, cache: fork, outputs: [] },
        ];
        while (runs.some(({ script: { pieces }, outputs }) => outputs.length < pieces.length)) {
          await stepTogether(oneThread, runs.filter(({ script: { pieces }, outputs }) => outputs.length < pieces.length));
        }
        expect(fork.length).toBe([...prompt.pieces, ...tail.pieces].reduce((sum, { length }) => sum + length, 0));
        expect(sameBits(runs[1]!.outputs, alone.slice(prompt.pieces.length))).toBe(true);
        oneThread.close(cache);
        oneThread.close(fork);
      }),
      { numRuns: precision === 'fp32' ? 8 : 3 },
    );
  }, 60_000);

  it('gives matrix rows the same bits in steps of 1 to 300 rows', async () => {
    const random = seededRandom(7);
    const piece = (length: number) => Uint32Array.from({ length }, () => Math.floor(random() * VOCABULARY));
    const subject = { pieces: [piece(CHUNK_TOKENS), piece(1), piece(1)] };
    const alone = await runAlone(oneThread, subject);
    for (const beside of [1, 2, 3, 5, 6]) {
      const others = Array.from({ length: beside }, (_, at) => ({ pieces: [piece(CHUNK_TOKENS - at), piece(CHUNK_TOKENS), piece(1 + at * 9)] }));
      const runs = [subject, ...others].map((own) => ({ script: own, cache: twoThreads.open(), outputs: [] }) satisfies Run);
      for (let at = 0; at < 3; at++) await stepTogether(twoThreads, runs);
      expect(sameBits(runs[0]!.outputs, alone)).toBe(true);
      for (const { cache } of runs) twoThreads.close(cache);
    }
  });
});
