import { useQuery } from '@tanstack/react-query';
import { getBalanceOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type BalanceLayer } from '../../api/gen/types.gen.ts';
import { useSetSearch } from '../../shell/scope.ts';
import { Card } from '../../ui/card.tsx';
import { CsvButton } from '../../ui/csv-button.tsx';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { formatNumber } from '../../ui/format.ts';
import { Loaded } from '../../ui/states.tsx';
import { cutText } from '../routing-search.ts';
import { useRoutingSearch, useUsageFilter } from '../use-routing.ts';
import { LayerButton } from './layer-button.tsx';

/** How evenly each layer uses its experts. */
export function LayersCard({ model }: { readonly model: string }) {
  const search = useRoutingSearch();
  const { layer: shown } = search;
  const setSearch = useSetSearch();
  const query = useQuery({ ...getBalanceOptions({ query: useUsageFilter(model) }), placeholderData: (before) => before });
  const columns: readonly Column<BalanceLayer>[] = [
    { id: 'layer', header: 'Layer', isRowHeader: true, cell: ({ layer }) => <LayerButton layer={layer} isShown={layer === shown} onShow={() => setSearch({ layer: layer === shown ? undefined : layer })} /> },
    { id: 'entropy', header: <abbr className="no-underline" title="Entropy of expert use in bits, corrected for noise, with its 95 % interval over requests.">Entropy, bits</abbr>, align: 'right', cell: ({ entropyBits, entropyInterval }) => <>{formatNumber(entropyBits)}{entropyInterval !== null && <span className="text-ink-soft"> ({formatNumber(entropyInterval.low)} to {formatNumber(entropyInterval.high)})</span>}</> },
    { id: 'effective', header: <abbr className="no-underline" title="2^entropy: as many experts used alike would give this entropy.">Effective experts</abbr>, align: 'right', cell: ({ effectiveExperts }) => formatNumber(effectiveExperts) },
    { id: 'violation', header: <abbr className="no-underline" title="(largest load - mean load) / mean load; 0 is even.">MaxVio</abbr>, align: 'right', cell: ({ maxViolation }) => formatNumber(maxViolation) },
    { id: 'dead', header: 'Dead', align: 'right', cell: ({ deadExperts }) => deadExperts.length },
    { id: 'confidence', header: <abbr className="no-underline" title="Median of the largest gate weight of a decision, 0 to 1.">Gate confidence</abbr>, align: 'right', isSecondary: true, cell: ({ gateConfidence }) => formatNumber(gateConfidence?.p50) },
  ];
  const csv = (layers: readonly BalanceLayer[]) => layers.map(({ layer, entropyBits, entropyInterval, effectiveExperts, maxViolation, deadExperts, gateConfidence }) => [layer, entropyBits, entropyInterval?.low, entropyInterval?.high, effectiveExperts, maxViolation, deadExperts.length, gateConfidence?.p50]);
  const layers = query.data?.layers ?? [];
  return (
    <Card title="Balance by layer" lead={`How evenly each layer uses its experts: ${cutText(search)}.`} isFlush actions={layers.length > 0 && <CsvButton name="balance" header={['layer', 'entropy, bits', '95 % low', '95 % high', 'effective experts', 'MaxVio', 'dead experts', 'gate confidence, median']} rows={() => csv(layers)} />}>
      <Loaded query={query}>
        {({ withheld }) => (
          <div className="max-h-96 overflow-y-auto">
            <DataTable caption="Entropy, balance and gate confidence of each layer" columns={columns} rows={layers} rowKey={({ layer }) => String(layer)} empty={<p className="px-4 pb-3 text-sm text-ink-soft">{withheld === undefined ? 'Nothing was recorded.' : `Withheld: fewer than ${withheld.minRequests} requests.`}</p>} />
          </div>
        )}
      </Loaded>
    </Card>
  );
}
