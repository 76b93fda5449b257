import { fit, printable } from './plain-text.ts';

/** One line of a matrix: how a layer, or a segment in a layer, uses the experts. */
export interface MatrixRow {
  readonly label: string;
  /** Share of each expert, summing to 1; null where withheld. */
  readonly shares: readonly number[] | null;
  /** Figures behind the cells, one for each title. */
  readonly figures: readonly string[];
}

export interface Matrix {
  /** What the labels are: layer, task, ... */
  readonly corner: string;
  readonly experts: number;
  readonly figureTitles: readonly string[];
  readonly rows: readonly MatrixRow[];
}

export interface MatrixStyle {
  readonly columns: number;
  readonly colors: Readonly<Record<'dim' | 'red' | 'yellow' | 'bold', (text: string) => string>>;
}

const CELL = 5;
const MAX_LABEL = 12;

/** Steps by load over fair share. The sign says it; colour only repeats it. */
const STEPS = [
  { below: 0.25, sign: '·' },
  { below: 0.75, sign: '░' },
  { below: 1.5, sign: '▒' },
  { below: 2.5, sign: '▓' },
  { below: Infinity, sign: '█' },
] as const;

export const LEGEND =
  "Cells: % of the layer's selections, with a sign by load over the fair share:\n" +
  'x none  · below 1/4  ░ below 3/4  ▒ below 1.5  ▓ below 2.5  █ above';

/** Draws the matrix; where the experts do not fit beside each other, a strip of signs and the busiest ones. */
export function drawMatrix(matrix: Matrix, style: MatrixStyle): string {
  const labelWidth = Math.min(MAX_LABEL, Math.max(matrix.corner.length, ...matrix.rows.map(({ label }) => [...printable(label)].length)));
  const figureWidths = matrix.figureTitles.map((title, i) => Math.max(title.length, ...matrix.rows.map(({ figures }) => figures[i]?.length ?? 0)));
  const tail = figureWidths.reduce((sum, width) => sum + width + 2, 0);
  const figuresOf = (figures: readonly string[]): string => figures.map((figure, i) => `  ${figure.padStart(figureWidths[i] ?? 0)}`).join('');
  const isWide = labelWidth + matrix.experts * CELL + tail > style.columns;
  const lines = isWide
    ? matrix.rows.flatMap((row) => stripLines(row, labelWidth, style, figuresOf))
    : matrix.rows.map((row) => fit(printable(row.label), labelWidth) + cells(row.shares, matrix.experts, style) + figuresOf(row.figures));
  const names = Array.from({ length: matrix.experts }, (_, expert) => `e${expert}`.padStart(CELL)).join('');
  const header = matrix.corner.padEnd(labelWidth) + (isWide ? figuresOf(matrix.figureTitles) : names + figuresOf(matrix.figureTitles));
  return [style.colors.bold(header.trimEnd()), ...lines.map((line) => line.trimEnd())].join('\n');
}

function cells(shares: readonly number[] | null, experts: number, style: MatrixStyle): string {
  if (shares === null) return style.colors.dim(' withheld: too few requests'.padEnd(experts * CELL).slice(0, Math.max(9, experts * CELL)));
  return shares.map((share) => paint(` ${sign(share, experts)}${percent(share).padStart(3)}`, share * experts, style)).join('');
}

function stripLines(row: MatrixRow, labelWidth: number, style: MatrixStyle, figuresOf: (figures: readonly string[]) => string): string[] {
  const head = fit(printable(row.label), labelWidth) + figuresOf(row.figures);
  const { shares } = row;
  const indent = ' '.repeat(labelWidth + 1);
  if (shares === null) return [head, `${indent}${style.colors.dim('withheld: too few requests')}`];
  const width = Math.max(16, Math.min(64, style.columns - indent.length));
  const strips: string[] = [];
  for (let from = 0; from < shares.length; from += width) {
    strips.push(indent + shares.slice(from, from + width).map((share) => paint(sign(share, shares.length), share * shares.length, style)).join(''));
  }
  const busiest = shares
    .map((share, expert) => ({ share, expert }))
    .toSorted((a, b) => b.share - a.share)
    .slice(0, 4)
    .map(({ share, expert }) => `e${expert} ${(share * 100).toFixed(1)}%`);
  const unused = shares.filter((share) => share === 0).length;
  return [head, ...strips, `${indent}busiest: ${busiest.join('  ')}${unused > 0 ? `  unused: ${unused}` : ''}`];
}

function sign(share: number, experts: number): string {
  if (share === 0) return 'x';
  return STEPS.find(({ below }) => share * experts < below)?.sign ?? '█';
}

function percent(share: number): string {
  return share > 0 && share < 0.005 ? '<1' : String(Math.round(share * 100));
}

function paint(text: string, ratio: number, { colors }: MatrixStyle): string {
  if (ratio < 0.25) return colors.dim(text);
  if (ratio >= 2.5) return colors.red(text);
  return ratio >= 1.5 ? colors.yellow(text) : text;
}
