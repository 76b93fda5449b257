import { describe, expect, it } from 'vitest';
import { addedLabels, matchersOf, matcherText, placeText, readingLabels, textLabels } from './labels.ts';

const LABELS = { rule: 'r', signal: 'collapse', severity: 'warning', model: 'm', layer: '2', task: 'chat', team: 'moe' };

describe('labels of alerts', () => {
  it('says where', () => {
    expect(placeText(LABELS)).toBe('layer 2 · task chat');
    expect(placeText({ model: 'm' })).toBe('whole model');
    expect(placeText({})).toBe('everything');
  });

  it('tells those of the reading from those that the rule adds', () => {
    expect(readingLabels(LABELS)).toEqual({ model: 'm', layer: '2', task: 'chat' });
    expect(addedLabels(LABELS)).toEqual({ team: 'moe' });
    expect(textLabels({ a: 'x', b: 1 })).toEqual({ a: 'x' });
  });

  it('reads matchers out', () => {
    expect(matcherText({ label: 'task', is: 'not-equal', value: '' })).toBe('task is not (empty)');
    expect(matcherText({ label: 'layer', is: 'one-of', values: ['2', '3'] })).toBe('layer is one of 2, 3');
    expect(matchersOf(LABELS).map(matcherText)).toEqual(['rule is r', 'model is m', 'layer is 2', 'task is chat']);
  });
});
