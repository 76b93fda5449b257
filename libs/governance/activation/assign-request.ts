import { createHash } from 'node:crypto';
import { type ActivationState, type Canary } from './activation-state.ts';

/** What decides on which side a request falls. */
export interface RequestFacts {
  readonly requestId: string;
  /** The key's account, or the key itself. */
  readonly key: string;
  /** `metadata.session`, else `user`; null where the request gave neither. */
  readonly session: string | null;
  readonly labels: { readonly tenant: string; readonly task: string; readonly language: string };
  /**
   * Share of the prompt's decisions, in the layers of the canary's route slice, that the stable release
   * sends to its experts, 0 to 1; null while that is not known.
   */
  readonly sliceShare: number | null;
}

export type Assignment =
  | { readonly role: 'canary'; readonly reason: 'drawn' | 'drawn-in-slice' }
  | { readonly role: 'stable'; readonly reason: 'no-canary' | 'outside-segment' | 'not-drawn' | 'outside-slice' | 'slice-unknown' };

/**
 * Decides which release answers a request. `slice-unknown` is the only reason that another look can
 * change: run the prompt through the stable release, and ask again with its share.
 */
export function assignRequest({ canary }: Pick<ActivationState, 'canary'>, request: RequestFacts): Assignment {
  if (!canary) return { role: 'stable', reason: 'no-canary' };
  if (!matchesSegment(canary, request)) return { role: 'stable', reason: 'outside-segment' };
  // The draw comes before the slice: only requests that are drawn pay for a run of their prompt.
  if (drawOf(canary.salt, stickyKey(canary, request)) >= canary.share) return { role: 'stable', reason: 'not-drawn' };
  const { routeSlice } = canary.scope;
  if (!routeSlice) return { role: 'canary', reason: 'drawn' };
  if (request.sliceShare === null) return { role: 'stable', reason: 'slice-unknown' };
  return request.sliceShare >= routeSlice.minShare ? { role: 'canary', reason: 'drawn-in-slice' } : { role: 'stable', reason: 'outside-slice' };
}

/**
 * A number in [0, 1) that depends on salt and key alone, uniform over keys: 48 bits of SHA-256. A key
 * is on the canary while this is below the share, so raising the share keeps all who were there.
 */
export function drawOf(salt: string, key: string): number {
  return createHash('sha256').update(salt).update('\0').update(key).digest().readUIntBE(0, 6) / 2 ** 48;
}

function stickyKey({ stickyBy }: Canary, { key, session, requestId }: RequestFacts): string {
  if (stickyBy === 'key') return key;
  // Without a session there is nothing to stick to.
  return stickyBy === 'session' && session !== null ? session : requestId;
}

function matchesSegment({ scope: { segment } }: Canary, { labels }: RequestFacts): boolean {
  if (!segment) return true;
  return (['tenant', 'task', 'language'] as const).every((name) => !segment[name] || segment[name] === labels[name]);
}
