import { type ComponentName } from '#libs/release/component';

/** Which requests a canary may take. A request must match every part that is given. */
export interface CanaryScope {
  /** Only requests with these labels; an absent or empty label matches any. */
  readonly segment: { readonly tenant?: string; readonly task?: string; readonly language?: string } | null;
  /**
   * Only requests whose prompt, routed by the stable release, sends at least `minShare` of its
   * decisions in the layers concerned to one of these experts.
   */
  readonly routeSlice: { readonly experts: readonly ComponentName[]; readonly minShare: number } | null;
}

export interface Canary {
  readonly releaseId: string;
  /** Share of the requests in scope, 0 to 1. */
  readonly share: number;
  /** What keeps a caller on one side: the account's key, the session (`metadata.session`, else `user`), or nothing. */
  readonly stickyBy: 'key' | 'session' | 'request';
  readonly scope: CanaryScope;
  /** Changes with each new canary, so that the same callers are not always the first. */
  readonly salt: string;
}

export interface Shadow {
  readonly releaseId: string;
  /** Share of answered requests that also run on the shadow, 0 to 1. */
  readonly share: number;
}

/** What answers for a model. One row, written whole. */
export interface ActivationState {
  readonly model: string;
  readonly stable: string;
  /** The stable release before; stays resident, so that a rollback is a pointer write. */
  readonly previous: string | null;
  readonly canary: Canary | null;
  readonly shadow: Shadow | null;
  /** Counts the writes, from 1. */
  readonly generation: number;
}

/** What of a release can be taken back alone. */
export type ReleasePart = 'routers' | 'experts';

/** What can be done to an activation. */
export type ActivationCommand =
  | { readonly type: 'activate'; readonly releaseId: string }
  | { readonly type: 'start-canary'; readonly canary: Canary }
  | { readonly type: 'set-canary-share'; readonly share: number }
  | { readonly type: 'promote' }
  | { readonly type: 'abort-canary' }
  /** The whole release before, or the current one with only the routers (and routing settings) or the experts of the one before. */
  | { readonly type: 'rollback'; readonly part?: ReleasePart }
  | { readonly type: 'start-shadow'; readonly shadow: Shadow }
  | { readonly type: 'stop-shadow' };
export type ActivationCommandType = ActivationCommand['type'];

/** Releases that a state names, without repeats: those that must be resident. */
export function namedReleases({ stable, previous, canary, shadow }: Pick<ActivationState, 'stable' | 'previous' | 'canary' | 'shadow'>): readonly string[] {
  const named = [stable, canary?.releaseId, shadow?.releaseId, previous].filter((releaseId) => releaseId !== undefined && releaseId !== null);
  return [...new Set(named)];
}
