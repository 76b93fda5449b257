import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffLines, withContext } from './line-diff.ts';

const text = fc.array(fc.constantFrom('a', 'b', 'c', ''), { minLength: 1, maxLength: 12 }).map((lines) => lines.join('\n'));

describe('diffLines', () => {
  it('finds what was added and removed', () => {
    expect(diffLines('a\nb\nc', 'a\nx\nc').map(({ kind, text: line }) => `${kind} ${line}`)).toEqual(['same a', 'removed b', 'added x', 'same c']);
  });

  it('holds both texts, each in its order', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const lines = diffLines(before, after);
        expect(lines.filter(({ kind }) => kind !== 'added').map((line) => line.text).join('\n')).toBe(before);
        expect(lines.filter(({ kind }) => kind !== 'removed').map((line) => line.text).join('\n')).toBe(after);
      }),
    );
  });

  it('finds nothing between a text and itself', () => {
    fc.assert(
      fc.property(text, (same) => {
        expect(diffLines(same, same).every(({ kind }) => kind === 'same')).toBe(true);
      }),
    );
  });
});

it('leaves out what is far from any difference', () => {
  const shown = withContext(diffLines('1\n2\n3\n4\n5\n6', '1\n2\n3\n4\n5\n7'), 1);
  expect(shown.map((line) => line?.text ?? '…')).toEqual(['…', '5', '6', '7']);
});
