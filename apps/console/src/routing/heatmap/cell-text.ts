import { formatNumber, formatPercent } from '../../ui/format.ts';
import { type CellAt, type HeatmapCells } from './cells.ts';

/** How values and references are called. */
export interface CellWords {
  /** As in "2.1% of selections". */
  readonly quantity: string;
  /** As in "1.35 × the baseline". */
  readonly reference: string;
}

/** A cell in words: what screen readers hear and what stands at the pointer. */
export function cellText(cells: HeatmapCells, { row, expert }: CellAt, { quantity, reference }: CellWords): { readonly name: string; readonly figure: string } {
  const at = row * cells.experts + expert;
  const value = cells.values[at] ?? 0;
  const compared = cells.references[at] ?? 0;
  const name = `layer ${cells.layers[row]}, expert ${expert}`;
  if (value === 0) return { name, figure: compared > 0 ? `dead: no ${quantity} (${percent(compared)} in ${reference})` : `no ${quantity}, here and in ${reference}` };
  return { name, figure: `${percent(value)} of ${quantity}, ${compared > 0 ? `${formatNumber(value / compared)} × ${reference}` : `none in ${reference}`}` };
}

function percent(share: number): string {
  return formatPercent(share, share < 0.01 ? 3 : 1);
}
