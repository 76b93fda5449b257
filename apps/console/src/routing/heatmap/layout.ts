import { type CellAt } from './cells.ts';

/** Where the cells of a map are, CSS pixels. The gutter with layers and the head with experts stay in view. */
export interface Layout {
  readonly rows: number;
  readonly columns: number;
  readonly pitchX: number;
  readonly pitchY: number;
  readonly gapPx: number;
  readonly gutterPx: number;
  readonly headPx: number;
  /** Of all cells, with gutter and head. */
  readonly contentWidthPx: number;
  readonly contentHeightPx: number;
  /** Of what is seen at a time. */
  readonly widthPx: number;
  readonly heightPx: number;
}

export interface Scroll {
  readonly left: number;
  readonly top: number;
}

export type Hit = { readonly kind: 'row'; readonly row: number } | { readonly kind: 'cell'; readonly row: number; readonly column: number } | null;

const GUTTER_PX = 40;
const HEAD_PX = 24;
const MAX_PITCH_X = 150;
const MAX_PITCH_Y = 46;
const MIN_PITCH_X = 3;
const MIN_PITCH_Y = 9;
/** Height that a map of many layers takes when all of it is in view. */
const FIT_HEIGHT_PX = 560;
const MAX_HEIGHT_PX = 660;
const LABEL_STEPS = [1, 2, 4, 5, 8, 10, 16, 20, 32, 50, 64, 100, 128, 256];

/** Zoom 1 shows all experts at once, as wide as there is room, where cells get at least 3 pixels. */
export function layoutGrid(size: { readonly rows: number; readonly columns: number }, availablePx: number, zoom: number): Layout {
  const { rows, columns } = size;
  const fitX = (availablePx - GUTTER_PX) / Math.max(1, columns);
  const pitchX = Math.min(MAX_PITCH_X, Math.max(MIN_PITCH_X, fitX) * zoom);
  const pitchY = Math.min(MAX_PITCH_Y, Math.max(MIN_PITCH_Y, FIT_HEIGHT_PX / Math.max(1, rows)) * zoom);
  const smaller = Math.min(pitchX, pitchY);
  const contentWidthPx = GUTTER_PX + pitchX * columns;
  const contentHeightPx = HEAD_PX + pitchY * rows;
  return {
    rows, columns, pitchX, pitchY,
    gapPx: smaller >= 24 ? 3 : smaller >= 9 ? 1 : 0,
    gutterPx: GUTTER_PX, headPx: HEAD_PX, contentWidthPx, contentHeightPx,
    widthPx: Math.min(availablePx, Math.ceil(contentWidthPx)),
    heightPx: Math.min(MAX_HEIGHT_PX, Math.ceil(contentHeightPx)),
  };
}

/** What is under a point of the view. */
export function hitTest({ gutterPx, headPx, pitchX, pitchY, rows, columns }: Layout, x: number, y: number, scroll: Scroll): Hit {
  if (y < headPx) return null;
  const row = Math.floor((y - headPx + scroll.top) / pitchY);
  if (row < 0 || row >= rows || x < 0) return null;
  if (x < gutterPx) return { kind: 'row', row };
  const column = Math.floor((x - gutterPx + scroll.left) / pitchX);
  return column >= 0 && column < columns ? { kind: 'cell', row, column } : null;
}

/** Rows or columns that a stretch of the view touches: from, and up to but without, to. */
export function visibleRange(startPx: number, lengthPx: number, pitchPx: number, count: number): { readonly from: number; readonly to: number } {
  return { from: Math.max(0, Math.floor(startPx / pitchPx)), to: Math.min(count, Math.ceil((startPx + lengthPx) / pitchPx)) };
}

/** Where to scroll so that a cell is in view; as it is when it already is. */
export function scrollTo(layout: Layout, { row, column }: { readonly row: number; readonly column: number }, { left, top }: Scroll): Scroll {
  const { pitchX, pitchY, widthPx, heightPx, gutterPx, headPx } = layout;
  return { left: into(column * pitchX, pitchX, left, widthPx - gutterPx), top: into(row * pitchY, pitchY, top, heightPx - headPx) };
}

function into(start: number, length: number, scroll: number, view: number): number {
  if (start < scroll) return start;
  return start + length > scroll + view ? start + length - view : scroll;
}

/** Each how many experts are labelled so that labels do not touch. */
export function labelStep(pitchPx: number, labelPx: number): number {
  return LABEL_STEPS.find((step) => step * pitchPx >= labelPx) ?? LABEL_STEPS.at(-1)!;
}

/** Which expert stands in which column of a row, and the other way round. */
export interface ColumnOrder {
  readonly expertAt: (row: number, column: number) => number;
  readonly columnOf: (cell: CellAt) => number;
}

export const BY_INDEX: ColumnOrder = { expertAt: (_, column) => column, columnOf: ({ expert }) => expert };

/** In each layer the most used expert first. */
export function byLoad(values: Float64Array, rows: number, experts: number): ColumnOrder {
  const sorted = new Uint16Array(rows * experts);
  const columns = new Uint16Array(rows * experts);
  for (let row = 0; row < rows; row += 1) {
    const start = row * experts;
    const order = Array.from({ length: experts }, (_, expert) => expert).toSorted((a, b) => values[start + b]! - values[start + a]! || a - b);
    for (const [column, expert] of order.entries()) {
      sorted[start + column] = expert;
      columns[start + expert] = column;
    }
  }
  return { expertAt: (row, column) => sorted[row * experts + column] ?? column, columnOf: ({ row, expert }) => columns[row * experts + expert] ?? expert };
}
