import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cellText } from './cell-text.ts';
import { gateShares, heatmapCells, logRatio } from './cells.ts';
import { moveInGrid } from './keys.ts';
import { BY_INDEX, byLoad, hitTest, labelStep, layoutGrid, scrollTo, visibleRange } from './layout.ts';
import { legendTicks, palette, ratioText, scaleLimit, shadeOf } from './scale.ts';

const size = fc.record({ rows: fc.integer({ min: 1, max: 80 }), columns: fc.integer({ min: 1, max: 300 }) });

describe('cells', () => {
  it('compares each with its reference', () => {
    const { values, references, logRatios } = heatmapCells([{ layer: 3, values: [0.5, 0.25, 0, 0.25], references: 0.25 }, { layer: 7, values: [1, 0, 0, 0], references: [0.5, 0.5, 0, 0] }], 4);
    expect([...values]).toEqual([0.5, 0.25, 0, 0.25, 1, 0, 0, 0]);
    expect(references.slice(0, 4)).toEqual(Float64Array.from([0.25, 0.25, 0.25, 0.25]));
    expect([...logRatios]).toEqual([1, 0, -Infinity, 0, 1, -Infinity, NaN, NaN]);
    expect(() => heatmapCells([{ layer: 3, values: [1], references: 1 }], 2)).toThrow(/layer 3 has 1 values/);
  });

  it('knows no ratio to nothing', () => {
    expect(logRatio(0.5, 0)).toBe(Infinity);
    expect(logRatio(0, 0)).toBeNaN();
    expect(gateShares([1, 3])).toEqual([0.25, 0.75]);
    expect(gateShares([0, 0])).toEqual([0, 0]);
  });
});

describe('layout', () => {
  it('finds each cell at its middle, scrolled into view', () => {
    fc.assert(
      fc.property(size, fc.integer({ min: 300, max: 1600 }), fc.constantFrom(1, 2, 8), fc.nat(), fc.nat(), (grid, widthPx, zoom, a, b) => {
        const layout = layoutGrid(grid, widthPx, zoom);
        const cell = { row: a % grid.rows, column: b % grid.columns };
        const scroll = scrollTo(layout, cell, { left: 0, top: 0 });
        const x = layout.gutterPx + (cell.column + 0.5) * layout.pitchX - scroll.left;
        const y = layout.headPx + (cell.row + 0.5) * layout.pitchY - scroll.top;
        expect(x).toBeLessThan(layout.widthPx);
        expect(y).toBeLessThan(layout.heightPx);
        expect(hitTest(layout, x, y, scroll)).toEqual({ kind: 'cell', ...cell });
        expect(scrollTo(layout, cell, scroll)).toEqual(scroll);
      }),
    );
  });

  it('shows 58 x 256 at once on a wide screen, and 4 x 8 with room for words', () => {
    const large = layoutGrid({ rows: 58, columns: 256 }, 1150, 1);
    expect([large.contentWidthPx <= 1150, large.contentHeightPx <= large.heightPx, large.gapPx]).toEqual([true, true, 0]);
    expect(layoutGrid({ rows: 4, columns: 8 }, 1150, 1)).toMatchObject({ pitchX: 138.75, pitchY: 46, gapPx: 3 });
  });

  it('knows the gutter, the head and what is beyond', () => {
    const layout = layoutGrid({ rows: 2, columns: 2 }, 300, 1);
    expect(hitTest(layout, 5, layout.headPx + 1, { left: 0, top: 0 })).toEqual({ kind: 'row', row: 0 });
    expect(hitTest(layout, 100, 3, { left: 0, top: 0 })).toBeNull();
    expect(hitTest(layout, 100, 4000, { left: 0, top: 0 })).toBeNull();
    expect(visibleRange(25, 20, 10, 100)).toEqual({ from: 2, to: 5 });
    expect(labelStep(4.3, 26)).toBe(8);
  });

  it('sorts each row by load, and finds experts again', () => {
    const order = byLoad(Float64Array.from([0.1, 0.6, 0.3, 0.2, 0.2, 0.6]), 2, 3);
    expect([0, 1, 2].map((column) => order.expertAt(0, column))).toEqual([1, 2, 0]);
    expect([0, 1, 2].map((column) => order.expertAt(1, column))).toEqual([2, 0, 1]);
    expect(order.columnOf({ row: 0, expert: 0 })).toBe(2);
    expect(BY_INDEX.columnOf({ row: 0, expert: 5 })).toBe(5);
  });
});

describe('scale', () => {
  it('is symmetric, ends where nearly all cells are covered, and never leaves the palette', () => {
    expect(scaleLimit(Float64Array.from([0.1, -0.2, -Infinity, NaN]))).toBe(0.25);
    expect(scaleLimit(Float64Array.from([1.5, -0.2]))).toBe(2);
    expect(scaleLimit(Float64Array.from([0.1]), Float64Array.from([9]))).toBe(4);
    const shades = palette('#2166ac', '#f1f1ee', '#b2500f');
    fc.assert(fc.property(fc.double({ noNaN: true }), fc.constantFrom(0.25, 4), (value, limit) => shades[shadeOf(value, limit)!] !== undefined));
    expect(shadeOf(NaN, 1)).toBeNull();
    expect(shadeOf(-Infinity, 1)).toBe(0);
  });

  it('has the named colours at its ends and its middle', () => {
    const shades = palette('#2166ac', '#f1f1ee', '#b2500f');
    expect([shades[0]?.fill, shades[24]?.fill, shades[48]?.fill]).toEqual(['rgb(33 102 172)', 'rgb(241 241 238)', 'rgb(178 80 15)']);
    expect([shades[0]?.ink, shades[24]?.ink]).toEqual(['#ffffff', '#10161d']);
    expect(() => palette('blue', '#000000', '#000000')).toThrow(/no colour/);
  });

  it('says ratios as people do', () => {
    expect(legendTicks(2).map(ratioText)).toEqual(['0.25 ×', '0.5 ×', '1 ×', '2 ×', '4 ×']);
    expect(legendTicks(3).map(ratioText)).toEqual(['0.13 ×', '0.35 ×', '1 ×', '2.8 ×', '8 ×']);
  });
});

describe('keys', () => {
  const grid = { rows: 58, columns: 256, pageRows: 10 };
  const press = (key: string, ctrlKey = false) => moveInGrid({ row: 5, column: 5 }, { key, ctrlKey }, grid);
  it('move as in a grid', () => {
    expect([press('ArrowLeft'), press('ArrowDown'), press('Home'), press('End'), press('PageUp'), press('PageDown')]).toEqual([
      { row: 5, column: 4 }, { row: 6, column: 5 }, { row: 5, column: 0 }, { row: 5, column: 255 }, { row: 0, column: 5 }, { row: 15, column: 5 },
    ]);
    expect([press('Home', true), press('End', true), press('x')]).toEqual([{ row: 0, column: 0 }, { row: 57, column: 255 }, null]);
  });
});

describe('words', () => {
  const cells = heatmapCells([{ layer: 3, values: [0.027, 0.973, 0, 0], references: [0.02, 0, 0.98, 0] }], 4);
  const say = (expert: number) => cellText(cells, { row: 0, expert }, { quantity: 'selections', reference: 'the baseline' });
  it('say share and ratio, and what is dead', () => {
    expect(say(0)).toEqual({ name: 'layer 3, expert 0', figure: '2.7% of selections, 1.35 × the baseline' });
    expect(say(1).figure).toBe('97.3% of selections, none in the baseline');
    expect(say(2).figure).toBe('dead: no selections (98% in the baseline)');
    expect(say(3).figure).toBe('no selections, here and in the baseline');
  });
});
