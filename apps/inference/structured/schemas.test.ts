import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { acceptsText, AnswerAutomaton, shortestEnding } from '#libs/runtime/grammar/answer-automaton';
import { answerGrammar } from '#libs/runtime/grammar/answer-grammar';
import { compileSchema } from '#libs/runtime/grammar/compile-schema';
import { type JsonValue } from '#libs/runtime/grammar/constraint';
import { GrammarCache } from '#libs/runtime/grammar/grammar-cache';
import { TokenMasks } from '#libs/runtime/grammar/token-masks';
import { Vocabulary } from '#libs/runtime/grammar/vocabulary';
import { loadTokenizer } from '#libs/runtime/tokenizer/text-tokenizer';
import { ALL_SCHEMAS, SUITE } from '../../../test/structured/schema-corpus.ts';
import { answerValidator } from './answer-validator.ts';

const model = (file: string) => readFileSync(new URL(`../../../models/tiny-mixtral/${file}`, import.meta.url), 'utf8');
const tokenizer = loadTokenizer({ format: 'signalbox.tokenizer/1', files: { 'tokenizer.json': model('tokenizer.json'), 'tokenizer_config.json': model('tokenizer_config.json') } });
const vocabulary = new Vocabulary(tokenizer.table, tokenizer.vocabSize);
const automatonOf = (schema: JsonValue, isStrict = true) => new AnswerAutomaton(compileSchema(schema, isStrict));
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Small numbers that repeat for a seed (Lehmer). */
function dice(seed: number): (sides: number) => number {
  let state = (seed % 2_147_483_646) + 1;
  return (sides) => {
    state = (state * 48_271) % 2_147_483_647;
    return Math.floor((state / 2_147_483_647) * sides);
  };
}

describe('schemas of the official test suite and of applications', () => {
  it('holds at least 200 of them', () => {
    expect(ALL_SCHEMAS.length).toBeGreaterThanOrEqual(200);
  });

  it('accept no instance that the suite calls invalid', () => {
    const accepted = SUITE.flatMap(({ file, description, schema, tests }) => {
      const automaton = automatonOf(schema);
      return tests.flatMap(({ description: test, data, valid }) => (!valid && acceptsText(automaton, JSON.stringify(data)) ? [`${file}: ${description}: ${test}`] : []));
    });
    expect(accepted).toEqual([]);
  });

  it('accept most instances that it calls valid: formats aside, what is left out is an order of properties', () => {
    const all = SUITE.filter(({ file }) => !file.includes('format')).flatMap(({ schema, tests }) => {
      const automaton = automatonOf(schema);
      return tests.flatMap(({ data, valid }) => (valid ? [acceptsText(automaton, JSON.stringify(data))] : []));
    });
    expect(all.filter(Boolean).length / all.length).toBeGreaterThan(0.95);
  });

  it('have a shortest answer that Ajv takes', () => {
    for (const { name, schema } of ALL_SCHEMAS) {
      const automaton = automatonOf(schema);
      const shortest = text(shortestEnding(automaton, automaton.start()));
      expect(acceptsText(automaton, shortest), `${name}: ${shortest}`).toBe(true);
      expect(answerValidator(schema)(JSON.parse(shortest)), `${name}: ${shortest}`).toBe(true);
    }
  });

  it('give answers that Ajv takes, closed within any number of tokens that their shortest answer needs', () => {
    const cache = new GrammarCache(tokenizer.table, tokenizer.vocabSize);
    for (const [at, { name, schema }] of ALL_SCHEMAS.entries()) {
      const automaton = automatonOf(schema);
      const least = new TokenMasks(automaton, vocabulary).tokensToEnd(automaton.start());
      const validate = answerValidator(schema);
      const grammar = answerGrammar(schema, true);
      for (const extra of [0, 2, 40]) {
        const roll = dice(at * 100 + extra);
        const budget = least + extra;
        const constraint = cache.constrain(grammar);
        const bytes: number[] = [];
        for (let left = budget; left > 0; left--) {
          const { words, allowed } = constraint.mask(left) ?? { words: new Uint32Array(0), allowed: 0 };
          if (allowed === 0) break;
          // One in eight answers that may end does.
          if (constraint.isComplete && roll(8) === 0) break;
          let wanted = roll(allowed);
          let token = -1;
          for (let id = 0; id < tokenizer.vocabSize && token < 0; id++) if (((words[id >> 5] as number) >>> (id & 31)) & 1 && wanted-- === 0) token = id;
          constraint.accept(token);
          bytes.push(...tokenizer.table.bytes(token));
        }
        const answer = text(Uint8Array.from(bytes));
        expect(constraint.isComplete, `${name}, ${budget} tokens: ${answer}`).toBe(true);
        expect(validate(JSON.parse(answer)), `${name}: ${answer}`).toBe(true);
      }
    }
  }, 120_000);
});

describe('an answer automaton', () => {
  it('always has a byte that brings the end nearer by one', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ALL_SCHEMAS), fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 0, max: 40 }), ({ schema }, seed, steps) => {
        const automaton = automatonOf(schema);
        const roll = dice(seed);
        let state = automaton.start();
        for (let at = 0; at < steps; at++) {
          const nexts = Array.from({ length: 256 }, (_, byte) => automaton.step(state, byte)).filter((next) => next !== null);
          const next = nexts[roll(Math.max(1, nexts.length))];
          if (!next) break;
          state = next;
        }
        expect(shortestEnding(automaton, state).length).toBe(state.rest);
      }),
      { numRuns: 300 },
    );
  });

  it('masks exactly the tokens whose bytes lead on', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ALL_SCHEMAS), ({ schema }) => {
        const automaton = automatonOf(schema);
        const { words } = new GrammarCache(tokenizer.table, tokenizer.vocabSize).constrain(answerGrammar(schema, true)).mask(1e6) ?? { words: new Uint32Array(0) };
        for (let id = 0; id < tokenizer.vocabSize; id++) {
          const bytes = tokenizer.table.bytes(id);
          let state: ReturnType<typeof automaton.step> = automaton.start();
          for (const byte of bytes) state = state && automaton.step(state, byte);
          const leads = state !== null && bytes.length > 0 && !tokenizer.table.isSpecial(id);
          expect(Boolean(((words[id >> 5] as number) >>> (id & 31)) & 1), `token ${id}`).toBe(leads);
        }
      }),
      { numRuns: 20 },
    );
  });
});
