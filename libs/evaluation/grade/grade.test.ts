import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseGrader } from '../suite/grader.ts';
import { type Json } from '../run/run.ts';
import { answerGrader, cutAnswer, type AnswerGrader } from './grade-answer.ts';
import { bothOrders, judgePrompt, type Preference, readPreference, winShare } from './judge.ts';

const grade = (fields: { readonly [name: string]: Json }) => answerGrader(parseGrader('accuracy', { maxTokens: 8, ...fields }, 'grader') as AnswerGrader);

describe('answers', () => {
  it('are cut before what ends them', () => {
    expect(cutAnswer(' 42\nQ: next', '\n')).toBe('42');
    expect(cutAnswer(' 42 ', null)).toBe('42');
  });

  it('are exact up to blanks, the form of letters and, where it is said, case', () => {
    expect(grade({ type: 'exact' })(' e\u0301 ', '\u00e9')).toBe(true);
    expect(grade({ type: 'exact' })('Yes', 'yes')).toBe(false);
    expect(grade({ type: 'exact', ignoreCase: true })('Yes', 'yes')).toBe(true);
  });

  it('match patterns of RE2, in time in proportion to their length', () => {
    expect(grade({ type: 'regex' })('the answer is 42.', String.raw`\b4\d\b`)).toBe(true);
    expect(grade({ type: 'regex' })(`${'a'.repeat(50_000)}!`, '^(a+)+$')).toBe(false);
    expect(() => grade({ type: 'regex' })('x', '(?=x)')).toThrow(/no pattern of RE2/);
  });

  it.each([
    ['about 1,234.5 in all', '1234.5', {}, true],
    ['-3e2', '-300', {}, true],
    ['3.15', '3.14', { tolerance: 0.02 }, true],
    ['3.17', '3.14', { tolerance: 0.02 }, false],
    ['1010', '1000', { relative: 0.01 }, true],
    ['none', '0', { tolerance: 1 }, false],
  ])('hold a number near enough: %s for %s', (answer, wanted, fields, isRight) => {
    expect(grade({ type: 'numeric', ...fields })(answer, wanted)).toBe(isRight);
  });

  it('satisfy a schema, whose patterns are linear too', () => {
    const judge = grade({ type: 'schema', schema: { type: 'object', required: ['id'], properties: { id: { type: 'string', pattern: '^(a+)+$' } } } });
    expect(judge('{"id":"aaa"}', null)).toBe(true);
    expect(judge(JSON.stringify({ id: `${'a'.repeat(20_000)}!` }), null)).toBe(false);
    expect(judge('{"id":', null)).toBe(false);
    expect(() => grade({ type: 'schema', schema: { type: 'nothing' } })).toThrow(/cannot be used/);
    expect(() => grade({ type: 'schema', schema: { $ref: 'https://example.org/schema.json' } })).toThrow(/cannot be used/);
  });
});

describe('a judge', () => {
  it('reads its own question as asked', () => {
    expect(judgePrompt('P', 'one', 'two', 'It is short.')).toMatch(/It is short\.[\s\S]*PROMPT\nP\n[\s\S]*ANSWER A\none\n[\s\S]*ANSWER B\ntwo\n/);
  });

  it.each([['A', 'A'], [' b.', 'B'], ['**TIE**', 'tie'], ['Both are fine', null], ['Apples', null], ['{"verdict":"B"}', 'B'], ['{ "verdict": "TIE" }', 'tie'], ['{"verdict":"C"}', null], ['{"verdict":"A', null], ['{}', null], ['null', null], ['"A"', 'A']])('is understood: %s', (reply, wanted) => {
    expect(readPreference(reply)).toBe(wanted);
  });

  it('that looks at the place alone favours nobody, and one that looks at the answer is believed', () => {
    const share = (first: Preference, second: Preference): number | null => winShare(bothOrders(first, second));
    expect([share('A', 'A'), share('B', 'B'), share('tie', 'tie')]).toEqual([0.5, 0.5, 0.5]);
    expect([share('A', 'B'), share('B', 'A'), share('A', 'tie'), share('A', null)]).toEqual([1, 0, 0.75, null]);
    const said = fc.constantFrom('A' as const, 'B' as const, 'tie' as const);
    const turned = { A: 'B', B: 'A', tie: 'tie' } as const;
    fc.assert(
      fc.property(said, said, (first, second) => {
        expect(share(first, second)! + share(turned[first], turned[second])!).toBe(1);
      }),
    );
  });
});
