import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { listModelsOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { useMinuteEndMs } from '../ui/time.tsx';

/** How far back views look; the addresses hold these names. */
export const RANGES = { '15m': 900_000, '1h': 3_600_000, '6h': 21_600_000, '24h': 86_400_000, '7d': 604_800_000, '30d': 2_592_000_000 } as const;
export type Range = keyof typeof RANGES;
const DEFAULT_RANGE: Range = '24h';

/** Parts of the address that all views share: the model, and the time as a range up to now or as two instants. */
export interface ScopeSearch {
  readonly model?: string;
  readonly range?: Range;
  readonly from?: string;
  readonly to?: string;
}

export function parseScope(search: Readonly<Record<string, unknown>>): ScopeSearch {
  const { model, range } = search;
  return {
    ...(typeof model === 'string' && model !== '' && { model }),
    ...(typeof range === 'string' && range in RANGES && { range: range as Range }),
    ...instant('from', search),
    ...instant('to', search),
  };
}

function instant(name: 'from' | 'to', search: Readonly<Record<string, unknown>>): ScopeSearch {
  const value = search[name];
  return typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? { [name]: new Date(value).toISOString() } : {};
}

/** Served models. */
export function useModels(): readonly string[] | undefined {
  return useQuery(listModelsOptions({ query: { limit: 200 } })).data?.items.map(({ model }) => model);
}

/** The model that views are about: that of the address, or the first that is served. undefined until known; null without any. */
export function useModel(): string | null | undefined {
  const { model } = useSearch({ strict: false }) as ScopeSearch;
  const models = useModels();
  return model ?? (models === undefined ? undefined : (models[0] ?? null));
}

export interface TimeWindow {
  readonly from: string;
  readonly to: string;
  /** Set where it ends now and moves on. */
  readonly range: Range | null;
}

/** The time that views are about, in whole minutes; it moves on each minute unless both ends are given. */
export function useWindow(): TimeWindow {
  const { range, from, to } = useSearch({ strict: false }) as ScopeSearch;
  const minuteMs = useMinuteEndMs();
  return useMemo(() => {
    if (from !== undefined && to !== undefined) return { from, to, range: null };
    const name = range ?? DEFAULT_RANGE;
    return { from: new Date(minuteMs - RANGES[name]).toISOString(), to: new Date(minuteMs).toISOString(), range: name };
  }, [range, from, to, minuteMs]);
}

/** Changes parts of the address's search and keeps the others; undefined takes one out. */
export function useSetSearch(): (parts: Readonly<Record<string, unknown>>) => void {
  const navigate = useNavigate();
  return (parts) => void navigate({ to: '.', search: (before: Record<string, unknown>) => ({ ...before, ...parts }), replace: true });
}
