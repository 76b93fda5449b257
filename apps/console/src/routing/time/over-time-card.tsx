import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { getTimelineOptions, listAnnotationsOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type Timeline } from '../../api/gen/types.gen.ts';
import { TimeSeries } from '../../charts/time-series.tsx';
import { useWindow } from '../../shell/scope.ts';
import { useMe } from '../../session/session.ts';
import { Card } from '../../ui/card.tsx';
import { formatNumber } from '../../ui/format.ts';
import { Empty, Loaded } from '../../ui/states.tsx';
import { useRoutingSearch, useUsageFilter } from '../use-routing.ts';
import { stepOf, timelineSeries } from './timeline-series.ts';

/** Beyond this many cells a time line of all layers is more than a screen or an answer holds. */
const MANY_CELLS = 256;
const MOST_MARKERS = 50;
const CHANGES = ['activation', 'data-rules', 'baseline'];

/** Entropy and MaxVio by minute or hour, with what changed marked. */
export function OverTimeCard({ model, layers, experts }: { readonly model: string; readonly layers: readonly number[]; readonly experts: number }) {
  const window = useWindow();
  const { layer } = useRoutingSearch();
  const isBound = useMe()?.tenant !== null;
  const step = stepOf(window);
  const only = layer ?? (layers.length * experts > MANY_CELLS ? layers[0] : undefined);
  const query = useQuery({ ...getTimelineOptions({ query: { ...useUsageFilter(model), step, ...(only !== undefined && { layer: only }) } }), placeholderData: (before) => before });
  const { data: changes } = useQuery({ ...listAnnotationsOptions({ query: { model, from: window.from, to: window.to, limit: MOST_MARKERS } }), enabled: !isBound });
  const markers = useMemo(() => (changes?.items ?? []).filter(({ kind }) => CHANGES.includes(kind)).map(({ at, event }) => ({ atMs: Date.parse(at), label: event })), [changes]);
  return (
    <Card title={only === undefined ? 'Over time' : `Over time: layer ${only}`} lead={`By ${step}; bands are 95 % intervals over requests. ${only !== undefined && layer === undefined ? 'Choose a layer to see another. ' : ''}Dashed uprights are activations, data rules and baselines that took effect.`}>
      <Loaded query={query}>{(data) => <Lines data={data} markers={markers} />}</Loaded>
    </Card>
  );
}

function Lines({ data, markers }: { readonly data: Timeline; readonly markers: readonly { readonly atMs: number; readonly label: string }[] }) {
  const { atMs, entropy, violation } = useMemo(() => timelineSeries(data), [data]);
  if (atMs.length === 0) return <Empty title="No traffic in this time">Choose a longer time, or send requests.</Empty>;
  return (
    <div className="grid gap-4 xl:grid-cols-2">
      <div className="min-w-0">
        <h3 className="text-xs font-medium text-ink-soft">Entropy, bits (at most {formatNumber(Math.log2(data.experts))})</h3>
        <TimeSeries label="Entropy of expert use over time, bits" name="entropy" atMs={atMs} series={entropy} markers={markers} />
      </div>
      <div className="min-w-0">
        <h3 className="text-xs font-medium text-ink-soft">MaxVio (0 is even)</h3>
        <TimeSeries label="Largest violation of balance over time" name="max-violation" atMs={atMs} series={violation} markers={markers} />
      </div>
    </div>
  );
}
