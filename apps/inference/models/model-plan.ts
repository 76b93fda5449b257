import { type Canary, namedReleases, type Shadow } from '#libs/governance/activation/activation-state';
import { type ActiveModel, type ActiveRelease } from './served-release.ts';

/** What serves a model here. */
export interface TakenModel {
  readonly model: string;
  readonly stable: string;
  readonly canary: Canary | null;
  readonly shadow: Shadow | null;
  /** The newest generation of which everything that serves is loaded; 0 before the first. */
  readonly generation: number;
  readonly activatedAtMs: number;
  /** The stable release before, for an activation that names none: what was rolled back may come again. */
  readonly standby: string | null;
}

/**
 * What of an activation can be taken now. A release that is not loaded takes no part: its role falls to
 * nobody, the stable one's to the release that was there. So a rollback to a loaded release is taken at
 * once, whatever else is still loading. null where nothing can serve.
 */
export function takeModel({ activation, activatedAtMs }: ActiveModel, former: TakenModel | null, isLoaded: (releaseId: string) => boolean): TakenModel | null {
  const { model, stable, canary, shadow, generation } = activation;
  if (!isLoaded(stable)) {
    // Canary and shadow are there to be compared with the new stable release, not with the former.
    return former && isLoaded(former.stable) ? { ...former, canary: null, shadow: null } : null;
  }
  const taken = { canary: canary && isLoaded(canary.releaseId) ? canary : null, shadow: shadow && isLoaded(shadow.releaseId) ? shadow : null };
  const isComplete = taken.canary === canary && taken.shadow === shadow;
  const standby = former === null ? null : former.stable === stable ? former.standby : former.stable;
  return { model, stable, ...taken, generation: isComplete ? generation : (former?.generation ?? 0), activatedAtMs, standby };
}

/** Releases to load, most urgent first: what answers, then canaries, shadows, and what a rollback would go to. */
export function loadOrder(active: readonly ActiveModel[]): readonly ActiveRelease[] {
  const byId = new Map(active.flatMap(({ releases }) => releases.map((release) => [release.releaseId, release] as const)));
  const roles = [
    active.map(({ activation }) => activation.stable),
    active.map(({ activation }) => activation.canary?.releaseId),
    active.map(({ activation }) => activation.shadow?.releaseId),
    active.map(({ activation }) => activation.previous),
  ];
  const ids = new Set(roles.flat().filter((releaseId) => typeof releaseId === 'string'));
  return [...ids].flatMap((releaseId) => byId.get(releaseId) ?? []);
}

/** Releases that must stay in memory. */
export function keptReleases(active: readonly ActiveModel[], taken: Iterable<TakenModel>): ReadonlySet<string> {
  const kept = new Set(active.flatMap(({ activation }) => namedReleases(activation)));
  const withWayBack = new Set(active.flatMap(({ activation }) => (activation.previous === null ? [] : [activation.model])));
  for (const { model, stable, canary, shadow, standby } of taken) {
    for (const releaseId of [stable, canary?.releaseId, shadow?.releaseId]) if (releaseId !== undefined) kept.add(releaseId);
    if (standby !== null && !withWayBack.has(model)) kept.add(standby);
  }
  return kept;
}
