import { describe, expect, it } from 'vitest';
import { captureOf } from './capture-words.ts';

const ALL = { mode: 'full', share: 0.25, rules: [], durability: 'answered' } as const;

describe('the level of capture in force for a model', () => {
  it('is that of all requests where no rule names the model', () => {
    expect(captureOf({ ...ALL, rules: [{ field: 'model', value: 'other', level: 'aggregate' }] }, 'chat')).toEqual({ level: 'full', share: 0.25, isByRule: false, classes: [] });
  });

  it('is the strictest of the rules, and has no share where no trace is kept', () => {
    const rules = [{ field: 'model', value: 'chat', level: 'routes' }, { field: 'model', value: 'chat', level: 'aggregate' }] as const;
    expect(captureOf({ ...ALL, rules: [...rules] }, 'chat')).toEqual({ level: 'aggregate', share: 1, isByRule: true, classes: [] });
  });

  it('is never more than that of all', () => {
    expect(captureOf({ ...ALL, mode: 'off', rules: [{ field: 'model', value: 'chat', level: 'routes' }] }, 'chat')).toMatchObject({ level: 'off', isByRule: false });
  });

  it('names the data classes of which less is kept', () => {
    const rules = [{ field: 'dataClass', value: 'health', level: 'aggregate' }, { field: 'dataClass', value: 'chat', level: 'routes' }] as const;
    expect(captureOf({ ...ALL, mode: 'routes', rules: [...rules] }, 'chat').classes).toEqual([{ value: 'health', level: 'aggregate' }]);
  });
});
