/**
 * Waits before each further attempt, in seconds: the schedule that the Standard Webhooks
 * specification recommends, about three days in all.
 */
const WAITS_SECONDS = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];

/** What an attempt to deliver gave. */
export type AttemptResult = { readonly kind: 'answered'; readonly status: number; readonly retryAfterSeconds: number | null } | { readonly kind: 'no-answer'; readonly why: 'timeout' | 'connection' | 'blocked-address' };

export type DeliveryDecision =
  | { readonly decision: 'delivered' }
  | { readonly decision: 'retry'; readonly reason: 'not-2xx' | 'no-answer'; readonly afterMs: number }
  /** `gone`: the receiver wants nothing more, so it is also switched off. */
  | { readonly decision: 'give-up'; readonly reason: 'gone' | 'attempts-used' | 'blocked-address' };

/**
 * Decides what follows an attempt. Only a 2xx is delivered: a redirect could lead anywhere, so it counts
 * as a failure. A receiver's Retry-After is heeded where it is longer than the schedule's wait.
 * @param attempt number of the attempt just made, from 1
 * @param jitter 0 to 1: up to a tenth is added to the wait, so that receivers that come back are not stormed
 */
export function decideDelivery(result: AttemptResult, attempt: number, jitter: number): DeliveryDecision {
  if (result.kind === 'answered' && result.status >= 200 && result.status < 300) return { decision: 'delivered' };
  if (result.kind === 'answered' && result.status === 410) return { decision: 'give-up', reason: 'gone' };
  if (result.kind === 'no-answer' && result.why === 'blocked-address') return { decision: 'give-up', reason: 'blocked-address' };
  const waitSeconds = WAITS_SECONDS[attempt - 1];
  if (waitSeconds === undefined) return { decision: 'give-up', reason: 'attempts-used' };
  const asked = result.kind === 'answered' ? (result.retryAfterSeconds ?? 0) : 0;
  const wait = Math.min(Math.max(waitSeconds, asked), 86_400);
  return { decision: 'retry', reason: result.kind === 'answered' ? 'not-2xx' : 'no-answer', afterMs: Math.round(wait * 1000 * (1 + jitter / 10)) };
}
