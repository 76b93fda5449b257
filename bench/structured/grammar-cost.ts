import { AnswerAutomaton } from '#libs/runtime/grammar/answer-automaton';
import { answerGrammar } from '#libs/runtime/grammar/answer-grammar';
import { compileSchema } from '#libs/runtime/grammar/compile-schema';
import { type JsonValue } from '#libs/runtime/grammar/constraint';
import { GrammarCache } from '#libs/runtime/grammar/grammar-cache';
import { type TextTokenizer } from '#libs/runtime/tokenizer/text-tokenizer';
import { quantile } from '../harness/summary.ts';

const COMPILES = 15;
const WALKS = 12;
const STEPS = 120;
/** Tokens that are left when an answer is driven to its end. */
const TIGHT = 40;

/** Milliseconds of compiling a schema that is not known yet. */
export function measureCompile(schema: JsonValue): number[] {
  return Array.from({ length: COMPILES }, () => {
    const startedMs = performance.now();
    new AnswerAutomaton(compileSchema(schema, true)).start();
    return performance.now() - startedMs;
  });
}

/** Milliseconds of finding the tokens that may come next, along answers of random tokens. */
export function measureMasks(schema: JsonValue, tokenizer: TextTokenizer): { readonly first: string; readonly again: string; readonly closing: string } {
  const cache = new GrammarCache(tokenizer.table, tokenizer.vocabSize);
  const grammar = answerGrammar(schema, true);
  const times = { first: [] as number[], again: [] as number[], closing: [] as number[] };
  for (let walk = 0; walk < WALKS; walk++) {
    for (const kind of ['first', 'again', 'closing'] as const) {
      const constraint = cache.constrain(grammar);
      let state = walk + 1;
      for (let step = 0, left = kind === 'closing' ? TIGHT : 100_000; step < STEPS && left > 0; step++, left--) {
        const startedMs = performance.now();
        const mask = constraint.mask(left);
        times[kind].push(performance.now() - startedMs);
        if (!mask || mask.allowed === 0) break;
        state = (state * 48_271) % 2_147_483_647;
        constraint.accept(nth(mask.words, state % mask.allowed));
      }
    }
  }
  const show = (values: readonly number[]) => `${quantile(values, 0.5).toFixed(3)} / ${quantile(values, 0.99).toFixed(2)}`;
  return { first: show(times.first), again: show(times.again), closing: show(times.closing) };
}

function nth(words: Uint32Array, wanted: number): number {
  let left = wanted;
  for (let id = 0; id < words.length * 32; id++) if ((((words[id >> 5] as number) >>> (id & 31)) & 1) === 1 && left-- === 0) return id;
  return 0;
}
