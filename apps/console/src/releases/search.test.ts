import { expect, it } from 'vitest';
import { parseCompare, parseComponents, parseServing } from './search.ts';

const ID = '5f'.repeat(32);

it('takes from an address what it knows, and nothing else', () => {
  expect(parseServing({ command: 'promote', release: ID })).toEqual({ command: 'promote', release: ID });
  expect(parseServing({ command: 'explode', release: 'latest' })).toEqual({});
  expect(parseCompare({ a: ID, b: 5 })).toEqual({ a: ID });
  expect(parseComponents({ kind: 'expert', text: '', recalled: true, all: true, other: 1 })).toEqual({ kind: 'expert', recalled: 'true', all: true });
});
