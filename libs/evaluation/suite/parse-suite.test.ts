import { describe, expect, it } from 'vitest';
import { type Json } from '../run/run.ts';
import { EvaluationError } from '../evaluation-error.ts';
import { parseGrader } from './grader.ts';
import { checkItems, parseJsonLines } from './items.ts';
import { parseSuite, suiteDigest } from './parse-suite.ts';

const DATASET = 'ab'.repeat(32);
const task = (fields: object): Json => ({ id: 'held-out', kind: 'likelihood', dataset: DATASET, ...fields });
const suite = (fields: object = {}, ...tasks: Json[]): Json => ({ format: 'signalbox.suite/1', name: 'first', tasks: tasks.length > 0 ? tasks : [task({})], ...fields });
const refused = (work: () => unknown): EvaluationError => {
  try {
    work();
  } catch (error) {
    if (error instanceof EvaluationError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
};

describe('a suite', () => {
  it('is read with its defaults, and its digest does not depend on the order of fields', () => {
    const read = parseSuite(suite({ description: 'What it is for.' }, task({ gates: [{ atMost: 2, metric: 'bitsPerByte', slice: { domain: '*' } }] })));
    expect(read.tasks[0]).toEqual({ id: 'held-out', kind: 'likelihood', dataset: DATASET, grader: {}, gates: [{ metric: 'bitsPerByte', slice: { domain: '*' }, atMost: 2 }] });
    const turned = parseSuite({ tasks: [{ gates: [{ metric: 'bitsPerByte', slice: { domain: '*' }, atMost: 2 }], kind: 'likelihood', dataset: DATASET, id: 'held-out' }], description: 'What it is for.', name: 'first', format: 'signalbox.suite/1' });
    expect(suiteDigest(turned)).toBe(suiteDigest(read));
    expect(suiteDigest(parseSuite(suite()))).not.toBe(suiteDigest(read));
  });

  it.each<[string, Json, string, RegExp]>([
    ['no object', [], '', /must be an object/],
    ['another format', suite({ format: 'other/1' }), 'format', /"other\/1"; give one of signalbox\.suite\/1/],
    ['a field that is not known', suite({ task: [] }), 'task', /is not known here; give only format, name/],
    ['no tasks', suite({ tasks: [] }), 'tasks', /a list of 1 to 64/],
    ['an id with blanks', suite({}, task({ id: 'held out' })), 'tasks[0].id', /letters, digits, - or _/],
    ['an id twice', suite({}, task({}), task({})), 'tasks[1].id', /a second time/],
    ['another kind', suite({}, task({ kind: 'speed' })), 'tasks[0].kind', /"speed"; give one of likelihood, accuracy/],
    ['a dataset that is no digest', suite({}, task({ dataset: 'x.jsonl' })), 'tasks[0].dataset', /SHA-256/],
    ['a metric of another kind', suite({}, task({ gates: [{ metric: 'accuracy', atLeast: 1 }] })), 'tasks[0].gates[0].metric', /give one of bitsPerByte/],
    ['a gate without a bound', suite({}, task({ gates: [{ metric: 'bitsPerByte' }] })), 'tasks[0].gates[0].atMost', /or atLeast must be given/],
    ['a gate on the clock', suite({}, task({ kind: 'performance', grader: { maxTokens: 4 }, gates: [{ metric: 'msPerPromptToken', atMost: 5 }] })), 'tasks[0].gates[0].metric', /by the clock/],
    ['a gate on a win against a reference', suite({}, task({ kind: 'preference', grader: { maxTokens: 4 }, gates: [{ metric: 'winShare', versus: 'reference', atLeast: 0 }] })), 'tasks[0].gates[0].versus', /of the comparison itself/],
    ['a grader that is not there', suite({}, task({ kind: 'accuracy', grader: { type: 'fuzzy' } })), 'tasks[0].grader.type', /give one of exact, regex/],
    ['an assertion without its layer', suite({}, task({ kind: 'routes', grader: { assertions: [{ name: 'x', type: 'inside', experts: [1], atLeast: 0.5 }] } })), 'tasks[0].grader.assertions[0].layer', /a whole number from 0/],
    ['an assertion with the bound of another', suite({}, task({ kind: 'routes', grader: { assertions: [{ name: 'x', type: 'avoid', layer: 0, experts: [1], atLeast: 0.5 }] } })), 'tasks[0].grader.assertions[0].atLeast', /is not known here/],
    ['usage without a bound', suite({}, task({ kind: 'routes', grader: { assertions: [{ name: 'x', type: 'usage-within', layer: 0, atMost: 1 }] } })), 'tasks[0].grader.assertions[0].atLeast', /or atMost must be given/],
    ['gates beside assertions', suite({}, task({ kind: 'routes', grader: { assertions: [{ name: 'x', type: 'no-generalist' }] }, gates: [{ metric: 'x', atMost: 1 }] })), 'tasks[0].gates', /each assertion is a gate/],
  ])('is refused with %s', (_, value, field, message) => {
    const error = refused(() => parseSuite(value));
    expect(error.field).toBe(field);
    expect(error.message).toMatch(message);
  });
});

describe('a dataset', () => {
  it('is one object a line', () => {
    expect(parseJsonLines('{"text":"a"}\n\n{"text":"b"}\n')).toEqual([{ text: 'a' }, { text: 'b' }]);
    expect(refused(() => parseJsonLines('{"text":"a"}\nnot json')).message).toMatch(/^line 2 is not JSON/);
    expect(refused(() => parseJsonLines(' \n')).message).toMatch(/no items/);
    expect(refused(() => parseJsonLines(`"${'x'.repeat(300_000)}"`)).message).toMatch(/^line 1 is above 262144 bytes/);
  });

  it.each<[Parameters<typeof parseGrader>, Json, string, RegExp]>([
    [['likelihood', {}, 'grader'], { text: '' }, 'line 2.text', /1 to 65536 characters/],
    [['likelihood', {}, 'grader'], { text: 'x', domain: 'german' }, 'line 2.domain', /give only text, labels/],
    [['accuracy', { type: 'choice' }, 'grader'], { prompt: 'x', choices: ['a', 'b'], correct: 2 }, 'line 2.correct', /from 0 to 1/],
    [['accuracy', { type: 'numeric', maxTokens: 4 }, 'grader'], { prompt: 'x', answer: 'four' }, 'line 2.answer', /a number in digits/],
    [['bias', {}, 'grader'], { group: 'g', attribute: 'a', variants: { one: 'x' } }, 'line 2.variants', /two texts/],
    [['safety', {}, 'grader'], { prompt: 'x', class: 'bad', refusal: 'n', compliance: 'y' }, 'line 2.class', /harmful, harmless, bypass/],
    [['performance', { maxTokens: 4 }, 'grader'], { text: 'x' }, 'line 2.text', /give only prompt/],
  ])('of a task is refused with the line and the field: %j', (grader, item, field, message) => {
    const good: Json = { likelihood: { text: 'x' }, accuracy: grader[0] === 'accuracy' && (grader[1] as { type: string }).type === 'choice' ? { prompt: 'x', choices: ['a', 'b'], correct: 0 } : { prompt: 'x', answer: '4' }, bias: { group: 'g', attribute: 'a', variants: { one: 'x', two: 'y' } }, safety: { prompt: 'x', class: 'bypass', refusal: 'n', compliance: 'y' }, performance: { prompt: 'x' } }[grader[0] as 'likelihood'];
    const error = refused(() => checkItems(parseGrader(...grader), [good, item]));
    expect(error.field).toBe(field);
    expect(error.message).toMatch(message);
  });
});
