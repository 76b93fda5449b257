import { ChartFrame } from '../../charts/chart-frame.tsx';
import { formatPercent } from '../../ui/format.ts';
import { type LayerDifference } from './routing-diff.ts';

/** Share of differing decisions, layer by layer. */
export function LayerBars({ layers }: { readonly layers: readonly LayerDifference[] }) {
  const data = {
    name: 'routing-differences-by-layer',
    header: ['layer', 'decisions', 'differing decisions', 'share of decisions', 'share of selections'],
    rows: () => layers.map((layer) => [layer.layer, layer.decisions, layer.differing, shareOf(layer), layer.selectionShare]),
  };
  return (
    <section>
      <h3 className="text-sm font-medium">By layer</h3>
      <ChartFrame label="Share of decisions that differ between the two releases, by layer" data={data}>
        <ol className="grid max-h-80 gap-1 overflow-auto text-xs" tabIndex={0} aria-label="Share of differing decisions by layer">
          {layers.map((layer) => (
            <li key={layer.layer} className="grid grid-cols-[4rem_1fr_9rem] items-center gap-2">
              <span className="text-ink-soft">Layer {layer.layer}</span>
              <span aria-hidden className="h-3 rounded-sm bg-raised">
                <span className="block h-3 rounded-sm bg-over" style={{ width: `${100 * shareOf(layer)}%` }} />
              </span>
              <span className="tabular-nums">
                {formatPercent(shareOf(layer), 2)}, {layer.differing} of {layer.decisions}
              </span>
            </li>
          ))}
        </ol>
      </ChartFrame>
    </section>
  );
}

function shareOf({ differing, decisions }: LayerDifference): number {
  return decisions === 0 ? 0 : differing / decisions;
}
