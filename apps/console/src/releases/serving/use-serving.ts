import { useQuery } from '@tanstack/react-query';
import { getActivationOptions, getGovernanceOptions, listReleasesOptions, listRolloutsOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type Release } from '../../api/gen/types.gen.ts';

/** How often what the processes serve is asked for while they move to a new state. */
const SETTLING_MS = 1000;
const SETTLED_MS = 10_000;
/** Longest page of the API. */
const PAGE = 200;

/** What shall serve, and what does; asked for often until each process is there. */
export function useActivation(model: string) {
  return useQuery({ ...getActivationOptions({ path: { model } }), refetchInterval: ({ state }) => (state.data?.converged === false ? SETTLING_MS : SETTLED_MS) });
}

/** Whether the model changes only by approved requests; false too where that may not be read, and then the server says so when it is tried. */
export function useNeedsApproval(model: string | null): boolean {
  return useQuery({ ...getGovernanceOptions({ path: { model: model ?? '' } }), enabled: model !== null }).data?.mode === 'required';
}

/** The newest releases of a model, newest first, at most 200. */
export function useReleases(model: string | null): readonly Release[] | undefined {
  return useQuery({ ...listReleasesOptions({ query: { ...(model !== null && { model }), limit: PAGE } }), enabled: model !== null }).data?.items;
}

/** The rollout that steers the model now; undefined where none does. */
export function useRunningRollout(model: string) {
  return useQuery(listRolloutsOptions({ query: { model, limit: 5 } })).data?.items.find(({ state }) => state === 'running' || state === 'paused');
}
