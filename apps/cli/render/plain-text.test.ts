import { describe, expect, it } from 'vitest';
import { bytes, csvField, digestTable, fit, printable, table } from './plain-text.ts';

describe('plain text', () => {
  it('spells out control and direction characters', () => {
    expect(printable('a\u001b[2J\n\u202eb\u009b')).toBe('a\\u001b[2J\\n\\u202eb\\u009b');
    expect(printable('für 日本')).toBe('für 日本');
  });

  it('fits, aligns and measures', () => {
    expect(fit('abc', 5)).toBe('abc  ');
    expect(fit('abcdef', 4)).toBe('abc…');
    expect(table(['name', 'n'], [['a', '10'], ['long', '7']])).toBe('name   n\na     10\nlong   7');
    expect(bytes(0)).toBe('0 B');
    expect(bytes(1536)).toBe('1.5 KiB');
  });

  it('quotes CSV, and keeps a formula from running in a spreadsheet', () => {
    expect(csvField('a,"b"')).toBe('"a,""b"""');
    expect(csvField('=1+1')).toBe("'=1+1");
    expect(csvField(-3)).toBe('-3');
  });
});

it('cuts digests only on a terminal that is too narrow for them', () => {
  const rows = [['f'.repeat(64), 'release/' + 'e'.repeat(64)]];
  const wide = `${'f'.repeat(64)}  release/${'e'.repeat(64)}`;
  expect(digestTable({ isTty: false, columns: 80 }, ['a', 'b'], rows, 9)).toContain(wide);
  expect(digestTable({ isTty: true, columns: 200 }, ['a', 'b'], rows, 9)).toContain(wide);
  expect(digestTable({ isTty: true, columns: 80 }, ['a', 'b'], rows, 9).split('\n')[1]).toBe(`${'f'.repeat(12)}  release/${'e'.repeat(12)}`);
});
