import { Link } from '@tanstack/react-router';
import { ArrowDown, ArrowUp } from 'lucide-react';
import { ChartFrame } from '../../charts/chart-frame.tsx';
import { formatPercent } from '../../ui/format.ts';
import { drawnRows, type ShareRow } from './share-rows.ts';

const MAX_ROWS = 24;

/** Shares of a layer's experts now against before: a bar for now, a mark for before, and the difference said in words. */
export function SharePicture({ rows, layer, beforeName }: { readonly rows: readonly ShareRow[]; readonly layer: number; readonly beforeName: string }) {
  const drawn = drawnRows(rows, MAX_ROWS);
  const most = Math.max(...rows.map(({ now, before }) => Math.max(now, before)), 0.0001);
  const data = { name: `shares-layer-${layer}`, header: ['expert', 'share now', `share in ${beforeName}`, 'difference', 'named by the finding'], rows: () => rows.map((row) => [row.expert, row.now, row.before, row.moved, row.isNamed]) };
  return (
    <ChartFrame label={`Share of the selections of layer ${layer} on each expert, now and in ${beforeName}`} data={data}>
      <div className="mb-2 flex flex-wrap gap-x-4 gap-y-1 text-xs text-ink-soft">
        <span className="inline-flex items-center gap-1.5">
          <span aria-hidden className="inline-block h-2.5 w-6 rounded-sm bg-line-strong" /> as before
        </span>
        <span className="inline-flex items-center gap-1.5">
          <span aria-hidden className="inline-block h-2.5 w-6 rounded-sm bg-over" /> gained
        </span>
        <span className="inline-flex items-center gap-1.5">
          <span aria-hidden className="inline-block h-2.5 w-6 rounded-sm border border-under bg-under/30" /> lost
        </span>
        <span className="inline-flex items-center gap-1.5">
          <span aria-hidden className="inline-block h-3.5 w-0.5 bg-ink" /> {beforeName}
        </span>
        <span>bold with an arrow: named by the finding</span>
      </div>
      <ul className="flex flex-col gap-1" aria-label={`Experts of layer ${layer}`}>
        {drawn.map((row) => (
          <Row key={row.expert} row={row} layer={layer} most={most} beforeName={beforeName} />
        ))}
      </ul>
      {drawn.length < rows.length && <p className="mt-2 text-xs text-ink-soft">{rows.length - drawn.length} more experts moved less; the table has all.</p>}
    </ChartFrame>
  );
}

function Row({ row: { expert, now, before, moved, isNamed }, layer, most, beforeName }: { readonly row: ShareRow; readonly layer: number; readonly most: number; readonly beforeName: string }) {
  const Arrow = moved >= 0 ? ArrowUp : ArrowDown;
  const percentOf = (share: number): string => `${(share / most) * 100}%`;
  return (
    <li className="grid grid-cols-[5.5rem_minmax(0,1fr)_9.5rem] items-center gap-2 text-xs tabular-nums">
      <Link to="/experts/$layer/$expert" params={{ layer: String(layer), expert: String(expert) }} className={isNamed ? 'font-bold' : 'font-normal'}>
        expert {expert}
      </Link>
      <span className="relative h-4 rounded-sm bg-raised" title={`now ${formatPercent(now)}, ${beforeName} ${formatPercent(before)}`}>
        <span aria-hidden className="absolute inset-y-0.5 left-0 rounded-sm bg-line-strong" style={{ width: percentOf(Math.min(now, before)) }} />
        <span aria-hidden className={`absolute inset-y-0.5 ${moved >= 0 ? 'bg-over' : 'border border-under bg-under/30'}`} style={{ left: percentOf(Math.min(now, before)), width: percentOf(Math.abs(moved)) }} />
        <span aria-hidden className="absolute -inset-y-0.5 w-0.5 bg-ink" style={{ left: `calc(${percentOf(before)} - 1px)` }} />
      </span>
      <span className={`flex items-center gap-1 ${isNamed ? 'font-bold' : 'text-ink-soft'}`}>
        {isNamed && <Arrow size={13} aria-hidden />}
        {formatPercent(before)} to {formatPercent(now)}
      </span>
    </li>
  );
}
