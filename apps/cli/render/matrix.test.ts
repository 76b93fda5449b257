import { describe, expect, it } from 'vitest';
import { drawMatrix, type Matrix, type MatrixStyle } from './matrix.ts';

const plain = (text: string): string => text;
const style = (columns: number): MatrixStyle => ({ columns, colors: { dim: plain, red: plain, yellow: plain, bold: plain } });

const eight: Matrix = {
  corner: 'layer',
  experts: 8,
  figureTitles: ['bits', 'eff', 'MaxVio'],
  rows: [
    { label: '0', shares: [0.125, 0.125, 0.125, 0.125, 0.125, 0.125, 0.125, 0.125], figures: ['3.00±0.01', '8.0', '0.00'] },
    { label: '1', shares: [0.5, 0.25, 0.1, 0.05, 0.05, 0.046, 0.004, 0], figures: ['2.03±0.10', '4.1', '3.00'] },
    { label: '2', shares: null, figures: ['', '', ''] },
  ],
};

describe('matrix', () => {
  it('draws eight experts in 80 columns, signs and numbers beside each other', () => {
    const text = drawMatrix(eight, style(80));
    // By hand: fair share 1/8; 0.5 is 4 x, 0.25 is 2 x, 0.1 is 0.8 x, 0.05 is 0.4 x, 0.004 is 0.03 x, 0 is none.
    expect(text).toBe(
      [
        'layer   e0   e1   e2   e3   e4   e5   e6   e7       bits  eff  MaxVio',
        '0     ▒ 13 ▒ 13 ▒ 13 ▒ 13 ▒ 13 ▒ 13 ▒ 13 ▒ 13  3.00±0.01  8.0    0.00',
        '1     █ 50 ▓ 25 ▒ 10 ░  5 ░  5 ░  5 · <1 x  0  2.03±0.10  4.1    3.00',
        '2     withheld: too few requests',
      ].join('\n'),
    );
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('wraps many experts into strips and names the busiest', () => {
    const shares = Array.from({ length: 128 }, (_, expert) => (expert === 7 ? 0.1 : expert === 8 ? 0 : 0.9 / 126));
    const text = drawMatrix({ corner: 'layer', experts: 128, figureTitles: ['bits'], rows: [{ label: '11', shares, figures: ['6.60'] }] }, style(80));
    expect(text).toBe(
      [
        'layer  bits',
        '11     6.60',
        `      ${'▒'.repeat(7)}█x${'▒'.repeat(55)}`,
        `      ${'▒'.repeat(64)}`,
        '      busiest: e7 10.0%  e0 0.7%  e1 0.7%  e2 0.7%  unused: 1',
      ].join('\n'),
    );
  });

  it('never says by colour alone: without colours it is the same text', () => {
    const coloured = drawMatrix(eight, { columns: 80, colors: { dim: (text) => `\u001b[2m${text}\u001b[22m`, red: (text) => `\u001b[31m${text}\u001b[39m`, yellow: (text) => `\u001b[33m${text}\u001b[39m`, bold: plain } });
    // oxlint-disable-next-line no-control-regex
    expect(coloured.replaceAll(/\u001b\[\d+m/g, '')).toContain('█ 50 ▓ 25 ▒ 10');
    expect(coloured).toContain('\u001b[31m █ 50');
  });

  it('cuts long labels and spells out what could move the cursor', () => {
    const text = drawMatrix({ corner: 'tenant', experts: 2, figureTitles: [], rows: [{ label: 'a\u001b[31mvery long tenant name', shares: [0.5, 0.5], figures: [] }] }, style(80));
    expect(text).toContain('a\\u001b[31m…');
    expect(text).not.toContain('\u001b');
  });
});
