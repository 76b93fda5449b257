import { useQuery } from '@tanstack/react-query';
import { getActivationOptions, listServedModelsOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { type ObservedActivation } from '../api/gen/types.gen.ts';
import { shortId } from '../ui/format.ts';
import { useMe } from '../session/session.ts';

export interface LoadedRelease {
  readonly releaseId: string;
  readonly role: 'stable' | 'canary' | 'shadow' | 'previous';
  /** Whether a live process holds it. */
  readonly isLoaded: boolean;
}

/** Releases of a model that a request may name: those that its activation does, each once, by its foremost role. */
export function loadedReleases({ releaseId, canary, shadow, previousRelease, observed }: Pick<ObservedActivation, 'releaseId' | 'canary' | 'shadow' | 'previousRelease' | 'observed'>): readonly LoadedRelease[] {
  const named = [
    ['stable', releaseId],
    ['canary', canary?.releaseId ?? null],
    ['shadow', shadow?.releaseId ?? null],
    ['previous', previousRelease],
  ] as const;
  const resident = new Set(observed.filter(({ status }) => status === 'live').flatMap((process) => process.resident));
  const seen = new Set<string>();
  return named.flatMap(([role, id]) => {
    if (id === null || seen.has(id)) return [];
    seen.add(id);
    return [{ releaseId: id, role, isLoaded: resident.has(id) }];
  });
}

export function releaseText({ releaseId, role, isLoaded }: LoadedRelease): string {
  return `${role}: ${shortId(releaseId)}${isLoaded ? '' : ' (not loaded)'}`;
}

/** Releases that requests to a model may name; empty where the viewer may not choose, undefined until known. */
export function useLoadedReleases(model: string): readonly LoadedRelease[] | undefined {
  const mayChoose = useMayPin();
  const { data } = useQuery({ ...getActivationOptions({ path: { model } }), enabled: mayChoose });
  return mayChoose ? data && loadedReleases(data) : [];
}

/** Whether the viewer may say which release answers. */
export function useMayPin(): boolean {
  const permissions = useMe()?.permissions ?? [];
  return permissions.includes('inference') && (['operate', 'propose', 'registry'] as const).some((permission) => permissions.includes(permission));
}

/** Whether a model takes conversations; undefined until known. */
export function useCanChat(model: string): boolean | undefined {
  return useQuery(listServedModelsOptions()).data?.data.find(({ id }) => id === model)?.chat;
}
