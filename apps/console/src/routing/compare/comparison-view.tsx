import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { compareUsageOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type Comparison } from '../../api/gen/types.gen.ts';
import { IntervalBars } from '../../charts/interval-bars.tsx';
import { useSetSearch } from '../../shell/scope.ts';
import { Card } from '../../ui/card.tsx';
import { formatBits, formatCount, formatNumber } from '../../ui/format.ts';
import { Failed, Loading } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { BaselineNote } from '../baseline-note.tsx';
import { heatmapCells } from '../heatmap/cells.ts';
import { scaleLimit } from '../heatmap/scale.ts';
import { LayerButton } from '../layer/layer-button.tsx';
import { UsageMap } from '../map-card.tsx';
import { cutText, otherText } from '../routing-search.ts';
import { useHasBaseline } from '../use-baseline.ts';
import { METRIC_WORDS } from '../use-cells.ts';
import { useComparisonFilter, useRoutingSearch } from '../use-routing.ts';
import { Withheld } from '../withheld.tsx';

/** With more, two maps do not stand beside each other. */
const WIDE_EXPERTS = 16;

/** Two cuts of the traffic side by side, what differs, and by how much in each layer. */
export function ComparisonView({ model }: { readonly model: string }) {
  const filter = useComparisonFilter(model);
  const { compare } = useRoutingSearch();
  const hasBaseline = useHasBaseline(model);
  const query = useQuery({ ...compareUsageOptions({ query: filter }), enabled: compare === 'other' || hasBaseline === true, placeholderData: (before) => before });
  const { data, error } = query;
  if (data === undefined) {
    return (
      <Card title="Comparison">
        {compare === 'baseline' && hasBaseline === false ? <BaselineNote model={model} /> : error === null ? <Loading rows={6} /> : <Failed error={error} onRetry={() => void query.refetch()} />}
      </Card>
    );
  }
  const withheld = data.one.withheld ?? data.other.withheld;
  return (
    <>
      {error !== null && <Failed error={error} onRetry={() => void query.refetch()} />}
      {withheld !== undefined || data.layers === undefined || data.layers.length === 0 ? (
        <Card title="Comparison">
          <Withheld minRequests={withheld?.minRequests ?? 1} what={data.one.withheld === undefined ? 'the other side is not shown' : 'this side is not shown'} />
        </Card>
      ) : (
        <Compared model={model} data={data} layers={data.layers} />
      )}
    </>
  );
}

function Compared({ model, data, layers }: { readonly model: string; readonly data: Comparison; readonly layers: NonNullable<Comparison['layers']> }) {
  const search = useRoutingSearch();
  const setSearch = useSetSearch();
  const { experts, one, other } = data;
  const names = { one: cutText(search), other: otherText(search) };
  const maps = useMemo(() => {
    const even = 1 / experts;
    return {
      one: heatmapCells(layers.map(({ layer, share }) => ({ layer, values: share, references: even })), experts),
      other: heatmapCells(layers.map(({ layer, otherShare }) => ({ layer, values: otherShare, references: even })), experts),
      change: heatmapCells(layers.map(({ layer, share, otherShare }) => ({ layer, values: share, references: otherShare })), experts),
    };
  }, [layers, experts]);
  const limit = useMemo(() => scaleLimit(maps.one.logRatios, maps.other.logRatios), [maps]);
  const changeWords = useMemo(() => ({ quantity: 'selections', reference: names.other }), [names.other]);
  const bars = useMemo(
    () => layers.map(({ layer, divergenceBits, interval }) => ({ key: String(layer), label: `layer ${layer}`, heading: <LayerButton layer={layer} isShown={layer === search.layer} onShow={() => setSearch({ layer: layer === search.layer ? undefined : layer })} />, value: divergenceBits, interval })),
    [layers, search.layer, setSearch],
  );
  const shared = { isSorted: false, limit, words: METRIC_WORDS.ideal };
  return (
    <>
      <Card title="What differs" lead={<>Share of each expert for {names.one}, over its share for {names.other}.</>}>
        <UsageMap label={`Change from ${names.other} to ${names.one}, by layer and expert`} name="routing-change" cells={maps.change} words={changeWords} figure="ratio" isSorted={search.sort === 'load'} />
      </Card>
      <Card title="How far apart, by layer" lead="Jensen-Shannon divergence of expert use, bits: 0 is the same, 1 has no expert in common. Corrected for noise, with its 95 % interval over requests.">
        <IntervalBars label="Divergence of both sides by layer" name="routing-divergence" header={['layer', 'divergence, bits']} rows={bars} format={(value) => formatNumber(value)} atLeast={0.01} />
        <p className="mt-2 text-xs text-ink-soft">
          Furthest apart: {furthest(layers)}.
        </p>
      </Card>
      <div className={experts > WIDE_EXPERTS ? 'grid gap-4' : 'grid gap-4 xl:grid-cols-2'}>
        <Card title={`This side: ${names.one}`} lead={<SideLead side={one} />}>
          <UsageMap label={`Experts of ${model} by layer: ${names.one}`} name="routing-one" cells={maps.one} {...shared} />
        </Card>
        <Card title={`Compared with: ${names.other}`} lead={<SideLead side={other} />}>
          <UsageMap label={`Experts of ${model} by layer: ${names.other}`} name="routing-other" cells={maps.other} {...shared} />
        </Card>
      </div>
    </>
  );
}

function SideLead({ side: { requests, window } }: { readonly side: Comparison['one'] }) {
  return (
    <>
      {formatCount(requests)} requests, <Time at={window.from} /> to <Time at={window.to} />. Against the even share, both on one scale.
    </>
  );
}

function furthest(layers: NonNullable<Comparison['layers']>): string {
  const most = layers.toSorted((a, b) => b.divergenceBits - a.divergenceBits)[0];
  return most === undefined ? 'nothing' : `layer ${most.layer}, ${formatBits(most.divergenceBits)}`;
}
