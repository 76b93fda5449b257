import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { getTimelineOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type Timeline } from '../../api/gen/types.gen.ts';
import { TimeSeries } from '../../charts/time-series.tsx';
import { useWindow } from '../../shell/scope.ts';
import { annotationMarkers } from '../../overview/annotation-markers.ts';
import { useAnnotations } from '../../overview/annotations.ts';
import { Card } from '../../ui/card.tsx';
import { formatNumber } from '../../ui/format.ts';
import { Empty, Loaded } from '../../ui/states.tsx';
import { useRoutingSearch, useUsageFilter } from '../use-routing.ts';
import { stepOf, timelineSeries } from './timeline-series.ts';

/** Beyond this many cells a time line of all layers is more than a screen or an answer holds. */
const MANY_CELLS = 256;
/** Changes closer together than this part of the time share a marker. */
const MARKER_PART = 40;
const CHANGES = ['activation', 'data-rules', 'baseline'] as const;

const formatFine = (value: number): string => formatNumber(value, 4);

/** Entropy and MaxVio by minute or hour, with what changed marked. */
export function OverTimeCard({ model, layers, experts }: { readonly model: string; readonly layers: readonly number[]; readonly experts: number }) {
  const window = useWindow();
  const { layer } = useRoutingSearch();
  const step = stepOf(window);
  const only = layer ?? (layers.length * experts > MANY_CELLS ? layers[0] : undefined);
  const query = useQuery({ ...getTimelineOptions({ query: { ...useUsageFilter(model), step, ...(only !== undefined && { layer: only }) } }), placeholderData: (before) => before });
  const { data: changes } = useAnnotations(model, window);
  const timeRange = useMemo(() => [Date.parse(window.from), Date.parse(window.to)] as const, [window]);
  const markers = useMemo(() => annotationMarkers(changes?.items, { kinds: CHANGES, closerThanMs: (timeRange[1] - timeRange[0]) / MARKER_PART }), [changes, timeRange]);
  return (
    <Card title={only === undefined ? 'Over time' : `Over time: layer ${only}`} lead={`By ${step}; bands are 95 % intervals over requests. ${only !== undefined && layer === undefined ? 'Choose a layer to see another. ' : ''}Dashed uprights are activations, data rules and baselines that took effect.`}>
      <Loaded query={query}>{(data) => <Lines data={data} markers={markers} timeRange={timeRange} />}</Loaded>
    </Card>
  );
}

function Lines({ data, markers, timeRange }: { readonly data: Timeline; readonly timeRange: readonly [number, number]; readonly markers: readonly { readonly atMs: number; readonly label: string }[] }) {
  const { atMs, entropy, violation } = useMemo(() => timelineSeries(data), [data]);
  if (atMs.length === 0) return <Empty title="No traffic in this time">Choose a longer time, or send requests.</Empty>;
  return (
    <div className="grid gap-4 xl:grid-cols-2">
      <div className="min-w-0">
        <h3 className="text-xs font-medium text-ink-soft">Entropy, bits (at most {formatNumber(Math.log2(data.experts))})</h3>
        <TimeSeries label="Entropy of expert use over time, bits" name="entropy" atMs={atMs} series={entropy} markers={markers} timeRange={timeRange} format={formatFine} />
      </div>
      <div className="min-w-0">
        <h3 className="text-xs font-medium text-ink-soft">MaxVio (0 is even)</h3>
        <TimeSeries label="Largest violation of balance over time" name="max-violation" atMs={atMs} series={violation} markers={markers} timeRange={timeRange} format={formatFine} />
      </div>
    </div>
  );
}
