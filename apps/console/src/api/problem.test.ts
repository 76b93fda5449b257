import { describe, expect, it } from 'vitest';
import { nearestField, Problem, problemOf } from './problem.ts';

describe('problemOf', () => {
  it('keeps what the management API says, with the field', () => {
    const problem = problemOf({ status: 400, code: 'invalid_field', title: 'A field is wrong', detail: 'Body field name: give a name', field: 'name' }, 400);
    expect(problem).toMatchObject({ status: 400, code: 'invalid_field', title: 'A field is wrong', field: 'name' });
    expect(problem.detail).toBe('Body field name: give a name');
  });

  it("reads OpenAI's shape of errors", () => {
    expect(problemOf({ error: { message: 'no such model', code: 'model_not_found', param: 'model' } }, 404)).toMatchObject({ status: 404, code: 'model_not_found', detail: 'no such model', field: 'model' });
  });

  it('tells no answer from an unreadable one', () => {
    expect(problemOf(new TypeError('failed to fetch'), undefined).code).toBe('no_answer');
    expect(problemOf('<html>', 502)).toMatchObject({ code: 'unreadable_answer', status: 502 });
  });

  it('leaves a problem as it is', () => {
    const problem = new Problem(409, 'a', 'b', 'c');
    expect(problemOf(problem, 500)).toBe(problem);
  });
});

describe('nearestField', () => {
  it('is the field itself, or the one that holds it', () => {
    const fields = ['change', 'change.rules', 'title'];
    expect([nearestField('title', fields), nearestField('change.rules.0.expert', fields), nearestField('change.model', fields)]).toEqual(['title', 'change.rules', 'change']);
    expect([nearestField(null, fields), nearestField('changes', fields)]).toEqual([null, null]);
  });
});
