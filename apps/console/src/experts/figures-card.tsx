import { useQuery } from '@tanstack/react-query';
import { getExpertsOptions, getQualityOptions, getUsageOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { type Usage } from '../api/gen/types.gen.ts';
import { useMe } from '../session/session.ts';
import { useWindow } from '../shell/scope.ts';
import { Card } from '../ui/card.tsx';
import { Figure, Figures } from '../ui/figure.tsx';
import { formatBytes, formatCount, formatDuration, formatNumber, formatPercent } from '../ui/format.ts';
import { Empty, Loaded } from '../ui/states.tsx';
import { useAgainstBaseline } from './baseline.ts';
import { rankOf } from './expert-figures.ts';
import { type Place, useExpertSearch, useUsageFilter } from './place.ts';

/** The expert in numbers. */
export function FiguresCard({ place }: { readonly place: Place }) {
  const usage = useQuery({ ...getUsageOptions({ query: useUsageFilter(place) }), placeholderData: (before) => before });
  return (
    <Card title="In numbers" lead="Over the chosen time. Point at a name for what the figure is.">
      <Loaded query={usage}>{(data) => <Numbers place={place} usage={data} />}</Loaded>
    </Card>
  );
}

function Numbers({ place, usage }: { readonly place: Place; readonly usage: Usage }) {
  const { model, layer, expert, experts, releaseId } = place;
  const { release } = useExpertSearch();
  const { from, to } = useWindow();
  // Runs, latencies and quality are told of one release; who is bound to a tenant does not see the first two.
  const mayRuns = useMe()?.tenant === null;
  const { data: runs } = useQuery({ ...getExpertsOptions({ query: { model, layer, from, to, ...(release !== undefined && { release }) } }), enabled: mayRuns, placeholderData: (before) => before });
  const { data: quality } = useQuery({ ...getQualityOptions({ query: { model, layer, from, to, release: releaseId } }), placeholderData: (before) => before });
  const against = useAgainstBaseline(place);
  const group = usage.groups[0];
  const own = group?.layers?.[0];
  if (group?.withheld !== undefined) return <Empty title="Too few requests">Figures of fewer than {group.withheld.minRequests} requests are withheld. Choose a longer time.</Empty>;
  if (own === undefined) return <Empty title="No traffic in this time">Choose a longer time, or send requests.</Empty>;
  const selections = own.load.reduce((sum, load) => sum + load, 0);
  const figures = runs?.experts.find((one) => one.expert === expert);
  const scored = quality?.experts?.find((one) => one.expert === expert && one.layer === layer);
  return (
    <Figures>
      <Figure label="Share" value={formatPercent(own.share[expert], 2)} note={`${rankOf(own.load, expert)}. of ${experts}; even is ${formatPercent(1 / experts, 2)}`} definition="Its selections over all selections in the layer." />
      <Figure
        label="Against the baseline"
        value={against ? `x ${formatNumber(against.ratio)}` : 'none'}
        note={against ? `${formatPercent(against.baselineShare, 2)} in the baseline` : against === null ? 'no baseline is in force; the first freezes by itself once enough requests are recorded' : undefined}
        definition="Its share over its share in the traffic of the baseline in force."
      />
      <Figure label="Load" value={formatCount(own.load[expert])} note={`of ${formatCount(selections)} selections`} definition="Times it was selected for a token." />
      <Figure label="Gate mass" value={formatCount(own.gateMass[expert])} note={`mean gate ${formatNumber(own.load[expert] === 0 ? null : own.gateMass[expert]! / own.load[expert]!)}`} definition="Sum of its gate weights, in tokens; over its load the mean weight of a selection." />
      {figures !== undefined && (
        <>
          <Figure label="Latency p50 / p95 / p99" value={formatDuration(figures.latencyMs.p50)} note={`${formatDuration(figures.latencyMs.p95)} / ${formatDuration(figures.latencyMs.p99)}`} definition="Of one run: all tokens that chose it in one step of the engine. Within 1 %." />
          <Figure label="Runs" value={formatCount(figures.runs)} note={`${formatNumber(figures.runs === 0 ? null : figures.tokens / figures.runs)} tokens each`} definition="Calls of the expert by the engine, one in each step in which a token chose it." />
          <Figure label="Weights" value={formatBytes(figures.weightBytes)} note={`of release ${releaseId.slice(0, 10)}`} definition="Bytes of its weights as stored; the engine may hold them in another precision." />
        </>
      )}
      <Figure
        label="Quality lost"
        value={scored === undefined || scored.lost === null ? 'none' : formatNumber(scored.lost)}
        note={scored === undefined ? 'no scored request used it; send feedback to see this' : scored.interval ? `${formatNumber(scored.interval.low)} to ${formatNumber(scored.interval.high)}; its score ${formatNumber(scored.score)}` : `its score ${formatNumber(scored.score)}`}
        tone={scored?.interval && scored.interval.low > 0 ? 'bad' : 'neutral'}
        definition="Mean score of requests, weighted by the share of their tokens that it did not serve, less the same by the share that it served. Above 0: requests on it were liked less. With its 95 % interval."
      />
    </Figures>
  );
}
