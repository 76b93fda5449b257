import { useMemo } from 'react';
import { ChartFrame } from '../charts/chart-frame.tsx';
import { useSetSearch } from '../shell/scope.ts';
import { Card } from '../ui/card.tsx';
import { formatCount } from '../ui/format.ts';
import { Failed, Loading } from '../ui/states.tsx';
import { BaselineNote } from './baseline-note.tsx';
import { type CellWords } from './heatmap/cell-text.ts';
import { type HeatmapCells } from './heatmap/cells.ts';
import { Heatmap } from './heatmap/heatmap.tsx';
import { BY_INDEX, byLoad } from './heatmap/layout.ts';
import { Legend } from './heatmap/legend.tsx';
import { scaleLimit } from './heatmap/scale.ts';
import { type Metric } from './routing-search.ts';
import { Select } from './select.tsx';
import { METRIC_WORDS, useCells } from './use-cells.ts';
import { useOpenExpert, useRoutingSearch } from './use-routing.ts';
import { Withheld } from './withheld.tsx';

const METRIC_CHOICES: readonly { readonly value: Metric; readonly label: string }[] = [
  { value: 'ideal', label: 'selections, to an even share' },
  { value: 'baseline', label: 'selections, to the baseline' },
  { value: 'gate', label: 'gate weight, to an even share' },
];

/** Where tokens go: layer by expert. */
export function MapCard({ model }: { readonly model: string }) {
  const { metric = 'ideal', sort } = useRoutingSearch();
  const setSearch = useSetSearch();
  const { shown, query, hasNoBaseline } = useCells(model, metric);
  const words = METRIC_WORDS[metric];
  return (
    <Card
      title="Where tokens go"
      lead={<>{words.definition}{shown?.requests !== undefined && <> Over {formatCount(shown.requests)} requests.</>}</>}
      actions={
        <>
          <Select label="Show" value={metric} choices={METRIC_CHOICES} onChange={(value) => setSearch({ metric: value === 'ideal' ? undefined : value })} />
          <Select label="Experts by" value={sort ?? 'index'} choices={[{ value: 'index', label: 'index' }, { value: 'load', label: 'load, in each layer' }]} onChange={(value) => setSearch({ sort: value === 'load' ? value : undefined })} />
        </>
      }
    >
      {hasNoBaseline ? (
        <BaselineNote model={model} />
      ) : query.error !== null && shown === null ? (
        <Failed error={query.error} onRetry={() => void query.refetch()} />
      ) : shown === null ? (
        <Loading rows={6} />
      ) : shown.cells === null || shown.cells.layers.length === 0 ? (
        <Withheld minRequests={shown.minRequests ?? 1} what="nothing to show for this model, time and filter" />
      ) : (
        <UsageMap label={`Experts of ${model} by layer`} name="routing" cells={shown.cells} words={words} isSorted={sort === 'load'} />
      )}
    </Card>
  );
}

/** A map with its legend and its twins. `limit` is given where several maps share a scale. */
export function UsageMap({ label, name, cells, words, isSorted, limit: given, figure }: { readonly label: string; readonly name: string; readonly cells: HeatmapCells; readonly words: CellWords; readonly isSorted: boolean; readonly limit?: number; readonly figure?: 'share' | 'ratio' }) {
  const { layer } = useRoutingSearch();
  const setSearch = useSetSearch();
  const onOpen = useOpenExpert();
  const order = useMemo(() => (isSorted ? byLoad(cells.values, cells.layers.length, cells.experts) : BY_INDEX), [isSorted, cells]);
  const limit = useMemo(() => given ?? scaleLimit(cells.logRatios), [given, cells]);
  const data = useMemo(() => ({ name, header: ['layer', 'expert', `share of ${words.quantity}`, words.reference, 'ratio'], rows: () => tableRows(cells) }), [name, words, cells]);
  return (
    <ChartFrame label={label} data={data}>
      <Heatmap label={label} cells={cells} order={order} words={words} limit={limit} figure={figure} layer={layer ?? null} onLayer={(next) => setSearch({ layer: next === layer ? undefined : next })} onOpen={onOpen} />
      <Legend limit={limit} reference={words.reference} />
    </ChartFrame>
  );
}

function tableRows({ layers, experts, values, references }: HeatmapCells) {
  return layers.flatMap((layer, row) =>
    Array.from({ length: experts }, (_, expert) => {
      const at = row * experts + expert;
      const [value, reference] = [values[at]!, references[at]!];
      return [layer, expert, value, reference, reference > 0 ? value / reference : null];
    }),
  );
}
