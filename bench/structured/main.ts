import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ComponentStore } from '#libs/checkpoint/components/component-store';
import { importCheckpoint } from '#libs/checkpoint/import-checkpoint';
import { TOKENIZER } from '#libs/release/component';
import { type GenerateRequest } from '#libs/runtime/engine/engine';
import { WorkerEngine } from '#libs/runtime/engine/engine-client';
import { type AnswerGrammar, answerGrammar } from '#libs/runtime/grammar/answer-grammar';
import { type JsonValue } from '#libs/runtime/grammar/constraint';
import { loadTokenizer, parseTokenizerBundle, type TextTokenizer } from '#libs/runtime/tokenizer/text-tokenizer';
import { withHome } from '../harness/home.ts';
import { describeMachine } from '../harness/machine.ts';
import { option } from '../harness/options.ts';
import { format, summarise } from '../harness/summary.ts';
import { measureCompile, measureMasks } from './grammar-cost.ts';
import { BENCH_SCHEMAS } from './schemas.ts';

const SAMPLING = { temperature: 1, topP: 1, topK: 0, minP: 0, presencePenalty: 0, frequencyPenalty: 0, repetitionPenalty: 1, logitBias: {} };
const PROMPT = 'And it came to pass in those days that';
const MAX_TOKENS = 160;
const MODEL = join(process.cwd(), 'models', 'tiny-mixtral');

interface Bench {
  readonly engine: WorkerEngine;
  readonly releaseId: string;
  readonly tokenizer: TextTokenizer;
}

/** What an answer that keeps to a schema costs beside a free one with as many tokens, from the same engine. */
async function main(home: string): Promise<void> {
  const rounds = Number(option('rounds', '5'));
  const only = option('schemas', '');
  const schemas = Object.entries(BENCH_SCHEMAS).filter(([name]) => only === '' || only.split(',').includes(name));
  const parallel = option('parallel', '1,16').split(',').map(Number);
  console.log(describeMachine());
  const bench = await start(home, Number(option('threads', '2')));
  try {
    console.log('\nCompiling and masks, one thread, milliseconds: median (least to most) or median / p99\n');
    console.log('| schema | compile | mask, first time | mask, again | mask, near the limit |\n|---|---|---|---|---|');
    for (const [name, schema] of schemas) {
      const { first, again, closing } = measureMasks(schema, bench.tokenizer);
      console.log(`| ${name} | ${format(summarise(measureCompile(schema)), 2)} | ${first} | ${again} | ${closing} |`);
    }
    for (const lanes of parallel) await compare(bench, schemas, lanes, rounds);
  } finally {
    await bench.engine.close(0);
  }
}

async function compare(bench: Bench, schemas: readonly (readonly [string, JsonValue])[], parallel: number, rounds: number): Promise<void> {
  console.log(`\nTokens per second with the schema over without, ${parallel} at a time: median (least to most) of ${rounds} rounds; the first round, with cold masks, apart\n`);
  console.log('| schema | tokens of an answer | cold | warm |\n|---|---|---|---|');
  for (const [name, schema] of schemas) {
    const ratios: number[] = [];
    let tokens = 0;
    let answers = 0;
    for (let round = 0; round <= rounds; round++) {
      const grammar = answerGrammar(schema, true);
      const constrained = await run(bench, parallel, round, grammar, null);
      const free = await run(bench, parallel, round, null, constrained.tokens);
      const sum = constrained.tokens.reduce((total, count) => total + count, 0);
      tokens += sum;
      answers += parallel;
      // The same tokens, so that times compare.
      ratios.push(free.decodeMs / constrained.decodeMs);
    }
    const [cold = Number.NaN, ...warm] = ratios;
    console.log(`| ${name} | ${(tokens / answers).toFixed(0)} | ${cold.toFixed(2)} | ${format(summarise(warm), 2)} |`);
  }
}

/** @param limits tokens of each answer; null: as many as its grammar takes */
async function run({ engine, releaseId, tokenizer }: Bench, parallel: number, round: number, grammar: AnswerGrammar | null, limits: readonly number[] | null): Promise<{ readonly tokens: number[]; readonly decodeMs: number }> {
  const promptTokens = tokenizer.encode(PROMPT, { special: true });
  const startedMs = performance.now();
  const tokens = await Promise.all(
    Array.from({ length: parallel }, async (_, lane) => {
      const request: GenerateRequest = {
        id: crypto.randomUUID(),
        releaseId,
        promptTokens,
        choices: 1,
        maxTokens: limits?.[lane] ?? MAX_TOKENS + 400,
        stop: [],
        stopTokenIds: [],
        ignoreEos: grammar === null,
        sampling: { ...SAMPLING, seed: round * 1000 + lane },
        logprobs: null,
        promptLogprobs: null,
        grammar,
      };
      for await (const event of engine.generate(request, new AbortController().signal)) {
        if (event.type === 'finished' && event.outcome.status !== 'answered') throw new Error(event.outcome.error ?? 'no answer');
        if (event.type === 'finished') return event.outcome.completionTokens;
      }
      throw new Error('the generation has no end');
    }),
  );
  return { tokens, decodeMs: performance.now() - startedMs };
}

async function start(home: string, threads: number): Promise<Bench> {
  await mkdir(home, { recursive: true });
  const store = await ComponentStore.open(join(home, 'components'));
  const { manifest, releaseId } = await importCheckpoint({ directory: MODEL, model: 'tiny-mixtral', store, journalDirectory: join(home, 'journal') });
  const engine = new WorkerEngine({ limits: { maxSequences: 16, maxQueued: 64, prefillChunkTokens: 256, threads }, maxCacheBytes: 2 ** 30 });
  await engine.load(releaseId, manifest, Object.fromEntries(Object.values(manifest.components).map((sha256) => [sha256, store.pathOf(sha256)])));
  const tokenizer = loadTokenizer(parseTokenizerBundle(readFileSync(store.pathOf(manifest.components[TOKENIZER] ?? ''), 'utf8')));
  return { engine, releaseId, tokenizer };
}

await withHome(main);
