import { describe, expect, it } from 'vitest';
import { formatBits, formatBytes, formatCount, formatDuration, formatNumber, formatPercent, shortId } from './format.ts';

describe('figures for people', () => {
  it.each([
    [0.25, '250 µs'],
    [12.5, '12.5 ms'],
    [3200, '3.2 s'],
    [300_000, '5 min'],
    [7_200_000, '2 h'],
    [259_200_000, '3 d'],
  ])('%d ms reads %s', (ms, text) => expect(formatDuration(ms)).toBe(text));

  it.each([
    [0, '0 B'],
    [1023, '1,020 B'],
    [1024, '1 KiB'],
    [5 * 2 ** 30, '5 GiB'],
  ])('%d bytes read %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it('shortens large counts alone', () => {
    expect(formatCount(9999)).toBe('9,999');
    expect(formatCount(123_456)).toBe('123.5K');
  });

  it('keeps small numbers short', () => {
    expect([0.00012345, 0.0000491, -1.11e-16].map((value) => formatNumber(value))).toEqual(['0.000123', '4.91E-5', '0']);
  });

  it('says none where there is no figure', () => {
    expect([formatCount(null), formatBits(undefined), formatDuration(null), formatPercent(null)]).toEqual(['none', 'none', 'none', 'none']);
  });

  it('shortens digests and nothing else', () => {
    expect(shortId('ab'.repeat(32))).toBe('ababababab');
    expect(shortId('expert/1/2')).toBe('expert/1/2');
  });
});
