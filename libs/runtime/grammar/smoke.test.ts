import { expect, it } from 'vitest';
import { AnswerAutomaton, acceptsText, shortestEnding } from './answer-automaton.ts';
import { compileSchema } from './compile-schema.ts';
it('smoke', () => {
  const run = (schema: unknown, ok: unknown[], bad: unknown[]) => {
    const a = new AnswerAutomaton(compileSchema(schema as never, true));
    const text = new TextDecoder().decode(shortestEnding(a, a.start()));
    console.log(JSON.stringify(schema).slice(0, 90), '->', text);
    for (const t of ok) expect(acceptsText(a, typeof t === 'string' ? t : JSON.stringify(t)), `${JSON.stringify(t)}`).toBe(true);
    for (const t of bad) expect(acceptsText(a, typeof t === 'string' ? t : JSON.stringify(t)), `${JSON.stringify(t)}`).toBe(false);
  };
  run({ type: 'object', properties: { name: { type: 'string', minLength: 2 }, age: { type: 'integer', minimum: 0, maximum: 120 } }, required: ['name', 'age'], additionalProperties: false },
    [{ name: 'Jo', age: 3 }, '{ "name": "J\u00e9", "age": 120}', '{\n  "name": "xx",\n  "age": 0\n}'], [{ name: 'J', age: 3 }, { name: 'Joe' }, { name: 'Joe', age: 121 }, { age: 1, name: 'Joe' }, { name: 'Joe', age: 1, x: 1 }]);
  run({ type: 'string', pattern: '^[A-Z]{2}\\d+$', maxLength: 4 }, ['"AB12"', '"AB1"'], ['"AB123"', '"A1"']);
  run({ type: 'number', minimum: -1.5, exclusiveMaximum: 2 }, ['-1.5', '1.999', '0', '-0.2'], ['2', '2.0', '-1.6', '01', '-0']);
  run({ type: 'integer', multipleOf: 7, minimum: 10, maximum: 30 }, ['14', '21', '28'], ['7', '10', '35']);
  run({ $ref: '#/$defs/t', $defs: { t: { type: 'object', properties: { v: { type: 'null' }, kids: { type: 'array', items: { $ref: '#/$defs/t' } } }, required: ['v', 'kids'], additionalProperties: false } } },
    [{ v: null, kids: [{ v: null, kids: [] }] }], [{ v: null }]);
  run({ type: 'object' }, [{}, { a: [1, { b: 'x' }] }], ['[]', '{"a"}']);
  run({ enum: ['a', 1, 12, null, { x: [1] }] }, ['"a"', '1', '12', 'null', '{"x":[1]}'], ['2', '"b"']);
  run({ anyOf: [{ type: 'array', items: { type: 'integer' }, minItems: 2 }, { type: 'string', format: 'date' }] }, ['[1, 2]', '"2024-02-28"'], ['[1]', '"2024-02-30"']);
  run({ type: 'object', properties: { a: { type: 'integer' } }, minProperties: 1, additionalProperties: { type: 'boolean' } }, [{ a: 1 }, { b: true }, { a: 2, b: false }], [{}, { b: 1 }, { a: true }]);
});
