import { useQuery } from '@tanstack/react-query';
import { listSignalsOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type Signals } from '../../api/gen/types.gen.ts';
import { formatNumber } from '../../ui/format.ts';

export type SignalFacts = Signals['items'][number];
export type SignalName = SignalFacts['signal'];

/** What each signal is; they change with the version only. */
export function useSignals(): readonly SignalFacts[] | undefined {
  return useQuery({ ...listSignalsOptions(), staleTime: Infinity }).data?.items;
}

export function useSignal(name: string | undefined): SignalFacts | undefined {
  return useSignals()?.find(({ signal }) => signal === name);
}

/** A value with the unit of its signal. */
export function valueText(value: number | null, unit: string | undefined): string {
  if (value === null) return 'no value';
  return unit === undefined || unit === '' ? formatNumber(value) : `${formatNumber(value)} ${unit}`;
}
