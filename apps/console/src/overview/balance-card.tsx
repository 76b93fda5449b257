import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { TriangleAlert } from 'lucide-react';
import { type ReactNode } from 'react';
import { getBalanceHistoryOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { type BalanceHistory, type LayerBalanceHistory } from '../api/gen/types.gen.ts';
import { Problem } from '../api/problem.ts';
import { ChartFrame } from '../charts/chart-frame.tsx';
import { Sparkline } from '../charts/sparkline.tsx';
import { useSetSearch, useWindow } from '../shell/scope.ts';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { classNames } from '../ui/class-names.ts';
import { formatNumber } from '../ui/format.ts';
import { Empty, Loaded } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { byDistance, sharedRange } from './balance-order.ts';
import { stepFor } from './figure-series.ts';

/** More layers than this scroll within the card. */
const MOST_AT_ONCE = 16;

/** Entropy and MaxVio of every layer as small multiples, each against the baseline. */
export function BalanceCard({ model, stable }: { readonly model: string; readonly stable: string | null }) {
  const window = useWindow();
  const query = { from: window.from, to: window.to, step: stepFor(window) };
  const all = useQuery({ ...getBalanceHistoryOptions({ query: { ...query, model } }), placeholderData: keepPreviousData });
  const differ = all.error instanceof Problem && all.error.code === 'shapes_differ';
  const own = useQuery({ ...getBalanceHistoryOptions({ query: { ...query, release: stable ?? '' } }), enabled: differ && stable !== null, placeholderData: keepPreviousData });
  return (
    <Card
      title="Balance of the layers"
      lead={`Entropy of expert use in bits with its 95 % interval, and MaxVio (0 is even)${differ ? ', of the stable release' : ''}. Dashed: the baseline. All layers share one scale.`}
      actions={<Link to="/routing" className="text-xs">Routing</Link>}
    >
      <Loaded query={differ ? own : all}>{(history) => <History history={history} />}</Loaded>
    </Card>
  );
}

function History({ history }: { readonly history: BalanceHistory }) {
  const { order } = useSearch({ strict: false }) as { readonly order?: string };
  const setSearch = useSetSearch();
  const { layers, baseline } = history;
  if (layers === undefined) return <Empty title="Too few requests in this time">Choose a longer time, or send some requests.</Empty>;
  const outside = layers.filter(({ isOutside }) => isOutside).length;
  const isByDistance = order === 'distance';
  const shown = isByDistance ? byDistance(layers) : layers;
  const entropyRange = sharedRange(layers, 'entropyBits');
  const violationRange = sharedRange(layers, 'maxViolation');
  const data = {
    name: 'balance',
    header: ['layer', 'entropy (bits)', 'low', 'high', 'baseline entropy (bits)', 'MaxVio', 'baseline MaxVio'],
    rows: () => shown.map(({ layer, now, baseline: before }) => [layer, now.entropyBits, now.entropyInterval?.low, now.entropyInterval?.high, before?.entropyBits, now.maxViolation, before?.maxViolation]),
  };
  const actions = layers.length > 1 && baseline !== null && (
    <Button size="small" variant="quiet" aria-pressed={isByDistance} onClick={() => setSearch({ order: isByDistance ? undefined : 'distance' })}>
      {isByDistance ? 'In order' : 'Most changed first'}
    </Button>
  );
  return (
    <>
      <p className="text-sm">
        {baseline === null ? (
          <>
            No baseline is in force, so there is nothing to compare with. The first one freezes by itself once enough requests are recorded; <Link to="/alerts/detection" className="underline">see how far it is</Link>.
          </>
        ) : (
          <>
            {outside === 0 ? 'No layer' : `${outside} of ${layers.length} ${layers.length === 1 ? 'layer' : 'layers'}`} with an entropy interval apart from the <Link to="/alerts/detection" className="underline">baseline</Link> of <Time at={baseline.window.to} />. Detectors decide what is an alarm.
          </>
        )}
      </p>
      <ChartFrame label="Entropy and MaxVio of each layer over time, with the baseline" data={data} actions={actions}>
        <ul
          tabIndex={layers.length > MOST_AT_ONCE ? 0 : undefined}
          aria-label="Layers"
          className={classNames('grid grid-cols-[repeat(auto-fill,minmax(9.5rem,1fr))] gap-2', layers.length > MOST_AT_ONCE && 'max-h-112 overflow-y-auto pr-1')}
        >
          {shown.map((layer) => (
            <Tile key={layer.layer} layer={layer} entropyRange={entropyRange} violationRange={violationRange} />
          ))}
        </ul>
      </ChartFrame>
    </>
  );
}

interface TileProps {
  readonly layer: LayerBalanceHistory;
  readonly entropyRange: readonly [number, number];
  readonly violationRange: readonly [number, number];
}

function Tile({ layer: { layer, now, baseline, isOutside, entropyBits, entropyLow, entropyHigh, maxViolation }, entropyRange, violationRange }: TileProps) {
  return (
    <li className={classNames('flex min-w-0 flex-col gap-1 rounded-md border p-2', isOutside ? 'border-warn/60' : 'border-line')}>
      <span className="flex items-center justify-between gap-2">
        <Link to="/routing" search={{ layer }} className="text-xs font-medium">
          Layer {layer}
        </Link>
        {isOutside && (
          <Badge tone="warn" title="The interval of the entropy does not meet that of the baseline." icon={<TriangleAlert size={11} aria-hidden />}>
            apart
          </Badge>
        )}
      </span>
      <Measure name="Entropy" value={`${formatNumber(now.entropyBits, 4)} bit`} before={baseline && formatNumber(baseline.entropyBits, 4)}>
        <Sparkline label={`Entropy of layer ${layer} over time`} values={entropyBits} band={{ low: entropyLow, high: entropyHigh }} range={entropyRange} {...(baseline && { reference: baseline.entropyBits })} />
      </Measure>
      <Measure name="MaxVio" value={formatNumber(now.maxViolation)} before={baseline && formatNumber(baseline.maxViolation)}>
        <Sparkline label={`MaxVio of layer ${layer} over time`} values={maxViolation} range={violationRange} heightPx={20} {...(typeof baseline?.maxViolation === 'number' && { reference: baseline.maxViolation })} />
      </Measure>
    </li>
  );
}

function Measure({ name, value, before, children }: { readonly name: string; readonly value: string; readonly before: string | null; readonly children: ReactNode }) {
  return (
    <div className="min-w-0">
      <p className="flex items-baseline justify-between gap-1 text-xs">
        <span className="text-ink-soft">{name}</span>
        <span className="font-medium tabular-nums">{value}</span>
      </p>
      {children}
      {before !== null && <p className="text-xs text-ink-soft tabular-nums">baseline {before}</p>}
    </div>
  );
}
