import { useQuery } from '@tanstack/react-query';
import { compareUsageOptions, listBaselinesOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { useMe } from '../session/session.ts';
import { type Place, useUsageFilter } from './place.ts';

const LIMIT = 200;

export interface AgainstBaseline {
  /** Its share of the layer in the traffic of the baseline. */
  readonly baselineShare: number;
  /** Its share now over that; null where that is 0. */
  readonly ratio: number | null;
}

/** The expert's share against the baseline in force; null where there is none to compare with, undefined until known. */
export function useAgainstBaseline(place: Place): AgainstBaseline | null | undefined {
  const filter = useUsageFilter(place);
  // Baselines are told of all tenants' traffic together.
  const mayRead = useMe()?.tenant === null;
  const { data: baselines } = useQuery({ ...listBaselinesOptions({ query: { model: place.model, state: 'ready', limit: LIMIT } }), enabled: mayRead });
  const hasBaseline = baselines?.items.some(({ inForce }) => inForce) ?? false;
  const { data: compared } = useQuery({ ...compareUsageOptions({ query: { ...filter, other: 'baseline' } }), enabled: hasBaseline, placeholderData: (before) => before });
  if (!mayRead || (baselines !== undefined && !hasBaseline)) return null;
  if (compared === undefined) return undefined;
  const own = compared.layers?.[0];
  const baselineShare = own?.otherShare[place.expert];
  return baselineShare === undefined ? null : { baselineShare, ratio: own?.ratio[place.expert] ?? null };
}
