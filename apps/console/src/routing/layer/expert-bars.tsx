import { Link } from '@tanstack/react-router';
import { ChartFrame } from '../../charts/chart-frame.tsx';
import { formatPercent } from '../../ui/format.ts';
import { type HeatmapCells } from '../heatmap/cells.ts';
import { labelStep } from '../heatmap/layout.ts';

const HEIGHT_PX = 150;
/** Of the bars, about; on narrower screens labels stand closer. */
const WIDTH_PX = 760;
const MOST_LINKED = 64;

/** One bar for each expert of a layer; a line marks what its share is compared with, a cross one that got nothing. */
export function ExpertBars({ layer, cells, row, reference }: { readonly layer: number; readonly cells: HeatmapCells; readonly row: number; readonly reference: string }) {
  const { experts } = cells;
  const at = row * experts;
  const values = cells.values.subarray(at, at + experts);
  const references = cells.references.subarray(at, at + experts);
  const top = Math.max(...values, ...references) || 1;
  const step = labelStep(WIDTH_PX / experts, 22);
  const label = `Share of selections of each expert of layer ${layer}, with ${reference}`;
  const data = { name: `layer-${layer}`, header: ['expert', 'share of selections', reference], rows: () => Array.from(values, (value, expert) => [expert, value, references[expert]!]) };
  return (
    <ChartFrame label={label} data={data} actions={<span className="mr-auto text-xs text-ink-soft">bars to {formatPercent(top)}; the line is {reference}</span>}>
      <div className="flex border-b border-line-strong" style={{ height: HEIGHT_PX, gap: experts > 64 ? 0 : 2 }}>
        {Array.from(values, (value, expert) => (
          <div key={expert} title={`expert ${expert}: ${formatPercent(value)}, ${reference} ${formatPercent(references[expert])}`} className="relative min-w-0 flex-1">
            {value > 0 ? <div className="absolute inset-x-0 bottom-0 rounded-t-sm bg-accent/75" style={{ height: `${(100 * value) / top}%` }} /> : <span className="absolute inset-x-0 bottom-0 text-center text-xs font-semibold text-bad">×</span>}
            <div className="absolute inset-x-0 border-t-2 border-ink" style={{ bottom: `${(100 * references[expert]!) / top}%` }} />
          </div>
        ))}
      </div>
      <div className="flex pt-1 text-xs text-ink-soft" style={{ gap: experts > 64 ? 0 : 2 }}>
        {Array.from({ length: experts }, (_, expert) => (
          <span key={expert} className="min-w-0 flex-1 text-center">
            {expert % step === 0 && (experts <= MOST_LINKED ? <Link to="/experts/$layer/$expert" params={{ layer: String(layer), expert: String(expert) }} aria-label={`Expert ${expert} of layer ${layer}`}>{expert}</Link> : expert)}
          </span>
        ))}
      </div>
    </ChartFrame>
  );
}
