import { describe, expect, it } from 'vitest';
import { toCsv } from './csv.ts';

describe('toCsv', () => {
  it('quotes what needs it and leaves numbers alone', () => {
    expect(toCsv(['a', 'b'], [['x,y', -1.5], ['say "so"', null]])).toBe('a,b\r\n"x,y",-1.5\r\n"say ""so""",\r\n');
  });

  it('keeps text from being run as a formula', () => {
    expect(toCsv(['a'], [['=HYPERLINK("http://x")'], ['@sum'], ['-x']])).toBe(`a\r\n"'=HYPERLINK(""http://x"")"\r\n'@sum\r\n'-x\r\n`);
  });
});
