import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { getTimelineOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { type Timeline } from '../api/gen/types.gen.ts';
import { TimeSeries } from '../charts/time-series.tsx';
import { annotationMarkers } from '../overview/annotation-markers.ts';
import { useAnnotations } from '../overview/annotations.ts';
import { stepOf } from '../routing/time/timeline-series.ts';
import { useWindow } from '../shell/scope.ts';
import { Card } from '../ui/card.tsx';
import { formatPercent } from '../ui/format.ts';
import { Empty, Loaded } from '../ui/states.tsx';
import { useAgainstBaseline } from './baseline.ts';
import { shareOverTime } from './expert-figures.ts';
import { type Place, useUsageFilter } from './place.ts';

/** Changes closer together than this part of the time share a marker. */
const MARKER_PART = 40;

const format = (value: number): string => formatPercent(value, 2);

/** Its share of the layer over time, against the baseline or an even share. */
export function ShareCard({ place }: { readonly place: Place }) {
  const window = useWindow();
  const step = stepOf(window);
  const filter = useUsageFilter(place);
  const timeline = useQuery({ ...getTimelineOptions({ query: { ...filter, step } }), placeholderData: (before) => before });
  const baseline = useAgainstBaseline(place)?.baselineShare ?? null;
  return (
    <Card title="Share over time" lead={`By ${step}. Dashed: ${baseline === null ? 'the even share, as there is no baseline to compare with' : 'its share in the baseline'}. Uprights are changes that took effect.`}>
      <Loaded query={timeline}>{(data) => <Line data={data} expert={place.expert} model={place.model} baseline={baseline} />}</Loaded>
    </Card>
  );
}

function Line({ data, expert, model, baseline }: { readonly data: Timeline; readonly expert: number; readonly model: string; readonly baseline: number | null }) {
  const window = useWindow();
  const { data: changes } = useAnnotations(model, window);
  const timeRange = useMemo(() => [Date.parse(window.from), Date.parse(window.to)] as const, [window]);
  const markers = useMemo(() => annotationMarkers(changes?.items, { closerThanMs: (timeRange[1] - timeRange[0]) / MARKER_PART }), [changes, timeRange]);
  const { atMs, series } = useMemo(() => shareOverTime(data, expert, baseline), [data, expert, baseline]);
  if (atMs.length === 0) return <Empty title="No traffic in this time">Choose a longer time, or send requests.</Empty>;
  return <TimeSeries label={`Share of expert ${expert} in the selections of its layer over time`} name={`expert-${expert}-share`} atMs={atMs} series={series} markers={markers} timeRange={timeRange} format={format} />;
}
