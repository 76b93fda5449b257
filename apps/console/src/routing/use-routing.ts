import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useWindow } from '../shell/scope.ts';
import { otherFilter, type RoutingSearch, usageFilter } from './routing-search.ts';

export function useRoutingSearch(): RoutingSearch {
  return useSearch({ strict: false }) as RoutingSearch;
}

/** Filters of the usage API for what the view is about. */
export function useUsageFilter(model: string) {
  const window = useWindow();
  const search = useRoutingSearch();
  return useMemo(() => usageFilter(model, window, search), [model, window, search]);
}

/** Filters for the comparison with the other side, or with the baseline where no other is chosen. */
export function useComparisonFilter(model: string) {
  const window = useWindow();
  const search = useRoutingSearch();
  return useMemo(() => ({ ...usageFilter(model, window, search), ...otherFilter(window, search) }), [model, window, search]);
}

/** Opens the page of an expert, for the same release and time. */
export function useOpenExpert(): (layer: number, expert: number) => void {
  const navigate = useNavigate();
  const { release } = useRoutingSearch();
  return (layer, expert) => void navigate({ to: '/experts/$layer/$expert', params: { layer: String(layer), expert: String(expert) }, search: release === undefined ? {} : { release } });
}
