import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { importTinyRelease, type TinyRelease } from '../../../test/fixtures/tiny-release.ts';
import { loadTokenizer, parseTokenizerBundle } from '../tokenizer/text-tokenizer.ts';
import { type AdmissionSettings, DEFAULT_ADMISSION } from './admission-settings.ts';
import { type GenerateOutcome } from './engine.ts';
import { WorkerEngine } from './engine-client.ts';
import { collect, plainRequest } from './testing/collect.ts';

const CHUNK = 64;
const PROMPTS = join(import.meta.dirname, '..', '..', '..', 'models', 'tiny-mixtral', 'prompts');
/** Other work on the machine must not end a test. */
const PATIENCE_MS = 120_000;
const never = new AbortController().signal;
const engines: WorkerEngine[] = [];
let release: TinyRelease;
let usual: Uint32Array[];
/** The same token, or the same few, again and again. */
let repeated: Uint32Array[];

async function startEngine(action: AdmissionSettings['repetition']['action']): Promise<WorkerEngine> {
  const admission = { ...DEFAULT_ADMISSION, repetition: { ...DEFAULT_ADMISSION.repetition, action } };
  const engine = new WorkerEngine({ limits: { maxSequences: 16, maxQueued: 1000, prefillChunkTokens: CHUNK, threads: 1, admission }, maxCacheBytes: 2 ** 28 });
  engines.push(engine);
  await engine.load(release.releaseId, release.manifest, release.components);
  return engine;
}

async function run(engine: WorkerEngine, promptTokens: Uint32Array, maxTokens = 1): Promise<GenerateOutcome> {
  return (await collect(engine.generate(plainRequest({ releaseId: release.releaseId, promptTokens, maxTokens }), never), 1)).outcome;
}

beforeAll(async () => {
  release = await importTinyRelease();
  const bundle = parseTokenizerBundle(readFileSync(release.components[release.manifest.components['tokenizer'] ?? ''] ?? '', 'utf8'));
  const tokenizer = loadTokenizer(bundle);
  usual = readdirSync(PROMPTS).flatMap((file) => {
    const texts = readFileSync(join(PROMPTS, file), 'utf8').trim().split('\n').map((line) => (JSON.parse(line) as { prompt: string }).prompt);
    // The demo's prompts are short: several of one domain make one that is long enough to be judged.
    return Array.from({ length: Math.floor(texts.length / 5) }, (_, at) => tokenizer.encode(texts.slice(at * 5, at * 5 + 5).join('\n'), { special: true }).slice(0, 96));
  });
  repeated = Array.from({ length: 20 }, (_, at) => new Uint32Array(128).fill(3 + at * 201));
});
afterAll(async () => {
  await Promise.all(engines.map((engine) => engine.close(0)));
});

it('finds every prompt of one repeated token, and none among the prompts of the demo', async () => {
  const engine = await startEngine('observe');
  const long = usual.filter(({ length }) => length >= DEFAULT_ADMISSION.repetition.minTokens);
  expect(long.length).toBeGreaterThan(50);
  for (const { status, isRepetition } of await Promise.all(long.map((prompt) => run(engine, prompt, 0)))) expect({ status, isRepetition }).toEqual({ status: 'answered', isRepetition: undefined });
  for (const { status, isRepetition } of await Promise.all(repeated.map((prompt) => run(engine, prompt, 0)))) expect({ status, isRepetition }).toEqual({ status: 'answered', isRepetition: true });
  expect(engine.status().admission?.repetitions).toBe(repeated.length);
  // Too short to be judged, and to do harm.
  expect((await run(engine, new Uint32Array(63).fill(9), 0)).isRepetition).toBeUndefined();
}, PATIENCE_MS);

it('answers an isolated repetition the same whatever runs beside it, and as one that is only observed', async () => {
  const [observing, isolating] = await Promise.all([startEngine('observe'), startEngine('isolate')]);
  const prompt = repeated[3] as Uint32Array;
  const alone = await run(isolating, prompt, 8);
  const [among] = await Promise.all([run(isolating, prompt, 8), ...usual.slice(0, 6).map((other) => run(isolating, other, 8)), ...repeated.slice(4, 8).map((other) => run(isolating, other, 8))]);
  const essence = (outcome: GenerateOutcome) => ({ ...outcome, timing: null });
  expect(essence(among)).toEqual(essence(alone));
  expect(alone).toMatchObject({ status: 'answered', isRepetition: true, promptRows: 128 });
  expect([...alone.expertIds]).toEqual([...(await run(observing, prompt, 8)).expertIds]);
}, PATIENCE_MS);

it('ends a repetition where those are refused, after the rows that showed it', async () => {
  const engine = await startEngine('refuse');
  expect(await run(engine, repeated[0] as Uint32Array, 8)).toMatchObject({ status: 'cancelled', reason: 'repetition', promptRows: CHUNK, completionTokens: 0 });
  expect((await run(engine, usual[0] as Uint32Array, 8)).status).toBe('answered');
  expect(engine.status().admission?.ended.repetition).toBe(1);
}, PATIENCE_MS);
