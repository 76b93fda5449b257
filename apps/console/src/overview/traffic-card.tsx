import { useMemo } from 'react';
import { type Annotation, type RequestFigures } from '../api/gen/types.gen.ts';
import { TimeSeries } from '../charts/time-series.tsx';
import { Card } from '../ui/card.tsx';
import { Figure } from '../ui/figure.tsx';
import { formatCount, formatDuration, formatPercent } from '../ui/format.ts';
import { annotationMarkers } from './annotation-markers.ts';
import { figureSeries } from './figure-series.ts';
import { FAILED_BAD, FAILED_WARN } from './health.ts';
import { NoTraffic } from './no-traffic.tsx';

/** Markers whose words would stand over each other share one: so many fit side by side. */
const MARKERS_SIDE_BY_SIDE = 8;

/** How many requests came and how they fared, in figures and over time. */
export function TrafficCard({ figures, annotations }: { readonly figures: RequestFigures; readonly annotations: readonly Annotation[] | undefined }) {
  const { total, model } = figures;
  if (total.withheld) return <NoTraffic model={model} minRequests={total.withheld.minRequests} />;
  return (
    <Card title="Traffic" lead={`Recorded requests by the ${figures.step} of their admission; the last ${figures.step} is still filling.`}>
      <Totals total={total} />
      <Lines figures={figures} annotations={annotations} />
    </Card>
  );
}

function Totals({ total }: Pick<RequestFigures, 'total'>) {
  const { requests, cancelled, failed, failedShare = 0, promptTokens = 0, completionTokens = 0, durationMs, timeToFirstTokenMs, routing } = total;
  const off = (routing?.droppedShare ?? 0) + (routing?.reroutedShare ?? 0);
  return (
    <dl className="grid grid-cols-2 gap-x-6 gap-y-3 sm:grid-cols-3 2xl:grid-cols-6">
      <Figure label="Requests" value={formatCount(requests)} note={`${formatCount(promptTokens + completionTokens)} tokens`} definition="Requests that were admitted and recorded in this time." />
      <Figure
        label="Failed" value={formatPercent(failedShare)} note={`${formatCount(failed)} failed, ${formatCount(cancelled)} cancelled`} tone={failedShare >= FAILED_BAD ? 'bad' : failedShare >= FAILED_WARN ? 'warn' : 'neutral'}
        definition="Failed over all recorded requests. Requests that were refused at admission are not recorded."
      />
      <Figure label="Duration, p95" value={formatDuration(durationMs?.p95)} note={`median ${formatDuration(durationMs?.p50)}`} definition="From admission to the end of the answer, of answered requests; 95 % took no longer." />
      <Figure label="First token, p95" value={formatDuration(timeToFirstTokenMs?.p95)} note={`median ${formatDuration(timeToFirstTokenMs?.p50)}`} definition="From admission to the first token, of answered requests; 95 % waited no longer." />
      <Figure label="Dropped or rerouted" value={formatPercent(routing && off, 2)} note="of routing decisions" tone={off > 0.01 ? 'warn' : 'neutral'} definition="Routing decisions whose expert was full, over all decisions (tokens x layers)." />
      <Figure label="Masked" value={formatPercent(routing?.maskedShare, 2)} note="of routing decisions" definition="Routing decisions in which data rules kept an expert from being chosen, over all decisions." />
    </dl>
  );
}

function Lines({ figures, annotations }: { readonly figures: RequestFigures; readonly annotations: readonly Annotation[] | undefined }) {
  const { atMs, requests, durationMs } = useMemo(() => figureSeries(figures), [figures]);
  const { from, to } = figures.window;
  const markers = useMemo(() => annotationMarkers(annotations, { closerThanMs: (Date.parse(to) - Date.parse(from)) / MARKERS_SIDE_BY_SIDE }), [annotations, from, to]);
  const traffic = useMemo(() => [{ label: `requests by ${figures.step}`, values: requests }], [requests, figures.step]);
  const latency = useMemo(() => (['p50', 'p95', 'p99'] as const).map((label) => ({ label, values: durationMs[label] })), [durationMs]);
  return (
    <div className="mt-4 grid gap-4 xl:grid-cols-2">
      <div className="min-w-0">
        <h3 className="text-xs font-medium text-ink-soft">Requests by {figures.step}</h3>
        <TimeSeries label={`Requests by ${figures.step}`} name="requests" atMs={atMs} series={traffic} markers={markers} heightPx={150} range={FROM_NOTHING} />
      </div>
      <div className="min-w-0">
        <h3 className="text-xs font-medium text-ink-soft">Duration: median, 95th and 99th percentile</h3>
        <TimeSeries label="Duration of requests: median, 95th and 99th percentile" name="duration" atMs={atMs} series={latency} markers={markers} heightPx={150} format={formatDuration} range={FROM_NOTHING} />
      </div>
    </div>
  );
}

const FROM_NOTHING = [0, 0] as const;
