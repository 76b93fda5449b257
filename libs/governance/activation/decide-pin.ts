import { type Permission } from '../access/permissions.ts';

/** Any one of these, besides `inference`: whoever may steer what serves, or propose to, may look at a release before it does. */
export const PIN_PERMISSIONS = ['operate', 'propose', 'registry'] as const satisfies readonly Permission[];

export interface PinFacts {
  /** Release that the request names; null where it names none. */
  readonly releaseId: string | null;
  /** What its caller may do. */
  readonly permissions: readonly Permission[];
  /** Whether a release is loaded for the model, in whatever role. */
  readonly isLoaded: (releaseId: string) => boolean;
}

export type PinDecision =
  | { readonly decision: 'assign'; readonly reason: 'not-pinned' }
  | { readonly decision: 'pin'; readonly reason: 'loaded'; readonly releaseId: string }
  | { readonly decision: 'refuse'; readonly reason: 'not-permitted' | 'malformed' | 'not-loaded' };

const RELEASE_ID = /^[0-9a-f]{64}$/;

/** Decides whether a request runs on the release it names instead of the one it would be assigned. Who may not is told nothing about releases. */
export function decidePin({ releaseId, permissions, isLoaded }: PinFacts): PinDecision {
  if (releaseId === null) return { decision: 'assign', reason: 'not-pinned' };
  if (!PIN_PERMISSIONS.some((permission) => permissions.includes(permission))) return { decision: 'refuse', reason: 'not-permitted' };
  if (!RELEASE_ID.test(releaseId)) return { decision: 'refuse', reason: 'malformed' };
  return isLoaded(releaseId) ? { decision: 'pin', reason: 'loaded', releaseId } : { decision: 'refuse', reason: 'not-loaded' };
}
