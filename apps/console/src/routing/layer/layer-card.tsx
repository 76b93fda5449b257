import { useQuery } from '@tanstack/react-query';
import { X } from 'lucide-react';
import { getBalanceOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type BalanceLayer } from '../../api/gen/types.gen.ts';
import { useSetSearch } from '../../shell/scope.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { Figure, Figures } from '../../ui/figure.tsx';
import { formatBits, formatCount, formatNumber } from '../../ui/format.ts';
import { Loaded } from '../../ui/states.tsx';
import { useCells } from '../use-cells.ts';
import { useRoutingSearch, useUsageFilter } from '../use-routing.ts';
import { Withheld } from '../withheld.tsx';
import { ExpertBars } from './expert-bars.tsx';

/** One layer: who gets how much, and how evenly. */
export function LayerCard({ model, layer }: { readonly model: string; readonly layer: number }) {
  const setSearch = useSetSearch();
  const filter = useUsageFilter(model);
  const { metric = 'ideal' } = useRoutingSearch();
  // The bars need no gate weights: those are in the map.
  const { shown } = useCells(model, metric === 'gate' ? 'ideal' : metric);
  const balance = useQuery({ ...getBalanceOptions({ query: { ...filter, layer } }), placeholderData: (before) => before });
  const row = shown?.cells?.layers.indexOf(layer) ?? -1;
  return (
    <Card
      title={`Layer ${layer}`}
      lead="Share of its selections that each expert gets, and what it is compared with."
      actions={
        <Button size="small" variant="quiet" icon={<X size={13} aria-hidden />} onClick={() => setSearch({ layer: undefined })}>
          Close
        </Button>
      }
    >
      <Loaded query={balance}>
        {({ withheld, layers }) =>
          withheld !== undefined ? (
            <Withheld minRequests={withheld.minRequests} what={`layer ${layer} is not shown`} />
          ) : (
            <div className="grid gap-4 xl:grid-cols-[minmax(0,1fr)_20rem]">
              {shown?.cells && row >= 0 && <ExpertBars layer={layer} cells={shown.cells} row={row} reference={metric === 'baseline' ? 'the baseline' : 'the even share'} />}
              {layers?.[0] !== undefined && <LayerFigures layer={layers[0]} experts={balance.data?.experts ?? 0} />}
            </div>
          )
        }
      </Loaded>
    </Card>
  );
}

function LayerFigures({ layer, experts }: { readonly layer: BalanceLayer; readonly experts: number }) {
  const { entropyBits, entropyInterval, normalisedEntropy, effectiveExperts, maxViolation, deadExperts, gateConfidence, tokens } = layer;
  return (
    <Figures>
      <Figure label="Entropy" value={formatBits(entropyBits)} note={entropyInterval ? `95 %: ${formatNumber(entropyInterval.low)} to ${formatNumber(entropyInterval.high)}, of at most ${formatNumber(Math.log2(experts))}` : `${formatNumber(normalisedEntropy)} of the most`} definition="Entropy of expert use in bits, corrected for noise (Miller-Madow), with its interval over requests." />
      <Figure label="Effective experts" value={formatNumber(effectiveExperts)} note={`of ${experts}`} definition="2^entropy: as many experts used alike would give this entropy." />
      <Figure label="MaxVio" value={formatNumber(maxViolation)} note="0 is even" definition="(largest load - mean load) / mean load." />
      <Figure label="Dead experts" value={deadExperts.length} tone={deadExperts.length > 0 ? 'warn' : 'neutral'} note={deadExperts.length > 0 ? listed(deadExperts) : 'every expert got tokens'} definition="Experts that got no token in the window." />
      <Figure label="Gate confidence" value={gateConfidence === null ? 'none' : formatNumber(gateConfidence.p50)} note={gateConfidence === null ? undefined : `10 to 90 %: ${formatNumber(gateConfidence.p10)} to ${formatNumber(gateConfidence.p90)}`} definition="Largest gate weight of a decision, 0 to 1: its median." />
      <Figure label="Tokens" value={formatCount(tokens)} definition="Tokens routed in this layer." />
    </Figures>
  );
}

const MOST_LISTED = 8;

function listed(experts: readonly number[]): string {
  const names = experts.slice(0, MOST_LISTED).join(', ');
  return experts.length > MOST_LISTED ? `${names} and ${experts.length - MOST_LISTED} more` : names;
}
