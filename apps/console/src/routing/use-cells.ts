import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { compareUsageOptions, getUsageOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { gateShares, heatmapCells } from './heatmap/cells.ts';
import { type Metric } from './routing-search.ts';
import { useHasBaseline } from './use-baseline.ts';
import { useComparisonFilter, useUsageFilter } from './use-routing.ts';

/** How values and references of a metric are called. */
export const METRIC_WORDS: Readonly<Record<Metric, { readonly quantity: string; readonly reference: string; readonly definition: string }>> = {
  ideal: { quantity: 'selections', reference: 'the even share', definition: 'Load of each expert over the sum of loads of its layer, compared with 1/E.' },
  baseline: { quantity: 'selections', reference: 'the baseline', definition: "Load of each expert over the sum of loads of its layer, compared with the same in the adopted baseline's traffic." },
  gate: { quantity: 'gate weight', reference: 'the even share', definition: 'Sum of gate weights of each expert over that of its layer, compared with 1/E.' },
};

/** The map of a metric, from the usage or from the comparison with the baseline. `withheld`: its least number of requests. */
export function useCells(model: string, metric: Metric) {
  const filter = useUsageFilter(model);
  const against = useComparisonFilter(model);
  const isBaseline = metric === 'baseline';
  const hasBaseline = useHasBaseline(model);
  const usage = useQuery({ ...getUsageOptions({ query: filter }), enabled: !isBaseline, placeholderData: (before) => before });
  const comparison = useQuery({ ...compareUsageOptions({ query: { ...against, other: 'baseline' } }), enabled: isBaseline && hasBaseline === true, placeholderData: (before) => before });
  const shown = useMemo(() => {
    if (isBaseline) {
      const { data } = comparison;
      if (data === undefined) return null;
      const withheld = data.one.withheld ?? data.other.withheld;
      return { cells: withheld ? null : heatmapCells((data.layers ?? []).map(({ layer, share, otherShare }) => ({ layer, values: share, references: otherShare })), data.experts), requests: data.one.requests, minRequests: withheld?.minRequests };
    }
    const group = usage.data?.groups[0];
    if (usage.data === undefined || group === undefined) return null;
    const { experts } = usage.data;
    const rows = (group.layers ?? []).map(({ layer, share, gateMass }) => ({ layer, values: metric === 'gate' ? gateShares(gateMass) : share, references: 1 / experts }));
    return { cells: group.withheld ? null : heatmapCells(rows, experts), requests: group.requests, minRequests: group.withheld?.minRequests };
  }, [isBaseline, comparison, usage, metric]);
  return { shown, query: isBaseline ? comparison : usage, hasNoBaseline: isBaseline && hasBaseline === false };
}
