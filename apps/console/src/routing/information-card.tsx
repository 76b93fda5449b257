import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { getInformationOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { type Information } from '../api/gen/types.gen.ts';
import { IntervalBars } from '../charts/interval-bars.tsx';
import { useSetSearch } from '../shell/scope.ts';
import { Card } from '../ui/card.tsx';
import { DataTable } from '../ui/data-table.tsx';
import { formatNumber } from '../ui/format.ts';
import { Empty, Loaded } from '../ui/states.tsx';
import { type Dimension, DIMENSIONS, labelText } from './routing-search.ts';
import { Select } from './select.tsx';
import { useRoutingSearch, useUsageFilter } from './use-routing.ts';

/** How much a label of a request tells of the experts that it uses. */
export function InformationCard({ model }: { readonly model: string }) {
  const { by = 'task' } = useRoutingSearch();
  const setSearch = useSetSearch();
  const query = useQuery({ ...getInformationOptions({ query: { ...useUsageFilter(model), by } }), placeholderData: (before) => before });
  return (
    <Card
      title={`What the ${by} tells of the expert`}
      lead="Mutual information of segment and expert, bits, every segment weighing alike: 0 where all use the experts alike. With its 95 % interval over requests."
      actions={<Select label="By" value={by} choices={DIMENSIONS.map((value) => ({ value, label: value }))} onChange={(value) => setSearch({ by: value === 'task' ? undefined : value })} />}
    >
      <Loaded query={query}>{(data) => (data.segments.length < 2 ? <TooFew data={data} by={by} /> : <Bars data={data} by={by} />)}</Loaded>
    </Card>
  );
}

function TooFew({ data: { withheldSegments, minRequests }, by }: { readonly data: Information; readonly by: Dimension }) {
  return (
    <Empty title={`Nothing to compare: fewer than two values of ${by}`}>
      Send <code>metadata.{by}</code> with requests to tell them apart.{withheldSegments > 0 && <> {withheldSegments} more have fewer than {minRequests} requests and are withheld.</>}
    </Empty>
  );
}

function Bars({ data, by }: { readonly data: Information; readonly by: Dimension }) {
  const bars = useMemo(() => data.layers.map(({ layer, equalWeights: { bits, interval } }) => ({ key: String(layer), label: `layer ${layer}`, value: bits, interval })), [data]);
  const strongest = data.layers.toSorted((a, b) => b.equalWeights.bits - a.equalWeights.bits)[0];
  const segments = strongest?.segments.toSorted((a, b) => b.distanceBits - a.distanceBits) ?? [];
  return (
    <div className="grid gap-4 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
      <div className="min-w-0">
        <IntervalBars label={`Mutual information of ${by} and expert by layer`} name={`information-${by}`} header={['layer', 'mutual information, bits']} rows={bars} format={(value) => formatNumber(value)} atLeast={0.01} />
        {data.withheldSegments > 0 && <p className="mt-2 text-xs text-ink-soft">{data.withheldSegments} more have fewer than {data.minRequests} requests and are withheld.</p>}
      </div>
      <div className="min-w-0">
        <h3 className="mb-1 text-xs font-medium text-ink-soft">Furthest from the mean of all, in layer {strongest?.layer}, bits</h3>
        <DataTable
          caption={`Distance of each ${by} from the mean, bits`}
          rows={segments.slice(0, 20)}
          rowKey={({ segment }) => segment}
          columns={[
            { id: 'segment', header: by, isRowHeader: true, cell: ({ segment }) => labelText(segment) },
            { id: 'bits', header: 'Jensen-Shannon, bits', align: 'right', cell: ({ distanceBits }) => formatNumber(distanceBits) },
          ]}
        />
      </div>
    </div>
  );
}
