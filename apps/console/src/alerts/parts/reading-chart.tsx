import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { getReadingSeriesOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type AlertLimit, type ReadingSeries } from '../../api/gen/types.gen.ts';
import { type Marker, type Span, TimeSeries } from '../../charts/time-series.tsx';
import { formatDuration } from '../../ui/format.ts';
import { Empty, Loaded } from '../../ui/states.tsx';
import { type Labels, placeText, textLabels } from './labels.ts';
import { chartOf } from './reading-lines.ts';
import { type SignalName } from './signals.ts';

const MINUTE_MS = 60_000;

interface ReadingChartProps {
  readonly signal: SignalName;
  /** Labels of readings; with `isExact` no others than these. */
  readonly labels: Labels;
  readonly isExact: boolean;
  readonly from: string;
  readonly to: string;
  readonly limits: readonly Pick<AlertLimit, 'severity' | 'is' | 'limit'>[];
  /** Episodes, shaded. */
  readonly spans: readonly Span[];
  readonly markers?: readonly Marker[];
}

/** What a detector said over time, with the limits of a rule and the times in which it fired. */
export function ReadingChart({ signal, labels, isExact, from, to, limits, spans, markers }: ReadingChartProps) {
  const { model, release, layer, expert, tenant, task, language } = labels;
  const number = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));
  const query = { signal, model, release, layer: number(layer), expert: number(expert), tenant, task, language, exact: isExact ? ('true' as const) : ('false' as const), from, to };
  const series = useQuery({ ...getReadingSeriesOptions({ query }), placeholderData: (before) => before });
  return <Loaded query={series}>{(data) => <Lines signal={signal} data={data} limits={limits} spans={spans} markers={markers} />}</Loaded>;
}

function Lines({ signal, data, limits, spans, markers }: Pick<ReadingChartProps, 'signal' | 'limits' | 'spans' | 'markers'> & { readonly data: ReadingSeries }) {
  const chart = useMemo(() => chartOf(data, limits), [data, limits]);
  if (chart.atMs.length === 0) return <Empty title="No readings in this time">The detectors wrote none of {signal} for these labels. Detection tells what is watched.</Empty>;
  const shown = data.series.slice(0, chart.series.length).map((one) => placeText(textLabels(one.labels)));
  return (
    <div>
      <TimeSeries label={`Readings of ${signal}: ${shown.join('; ')}${limits.length > 0 ? '. Limits are dashed, and times in which the rule fires are shaded' : ''}.`} name={`readings-${signal}`} atMs={chart.atMs} series={chart.series} spans={spans} markers={markers} heightPx={220} />
      <p className="mt-1 text-xs text-ink-soft">
        {data.unit === '' ? 'Plain ratio or count.' : `In ${data.unit}.`} {data.stepMs > MINUTE_MS && `Each point is the worst reading of ${formatDuration(data.stepMs)}. `}{limits.length > 0 && 'Limits are dashed. '}{spans.length > 0 && 'The shaded times are those in which the rule fires.'}
        {data.series.length + data.omittedSeries > chart.lines && ` ${data.series.length + data.omittedSeries - chart.lines} more label sets are not drawn.`}
      </p>
    </div>
  );
}
