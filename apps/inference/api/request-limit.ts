import { type OpenAiFailure } from '#libs/contract/openai/error';
import { type Authentication } from '#libs/platform/auth/authenticate';
import { type RateDecision, type RateLimiter, rateLimiter, type RunStatement } from '#libs/platform/limits/rate-limiter';

type Authenticated = Extract<Authentication, { ok: true }>;

/** Counts a request of whoever was let in; null where nothing limits it. */
export type RequestLimit = (authentication: Authenticated) => Promise<RateDecision | null>;

export interface RequestLimitSettings {
  /** Requests of an account in a minute; null: no limit. A key's own limit takes its place. */
  readonly perAccount: number | null;
  /** Where all processes count together. */
  readonly run: RunStatement | null;
  readonly tellAway: (error: unknown) => void;
}

const WINDOW_SECONDS = 60;
/** Different limits that keys have; each is a counter of its own. */
const MAX_LIMITS = 100;

/** Limits of requests to /v1, over all processes. */
export function requestLimit({ perAccount, run, tellAway }: RequestLimitSettings): RequestLimit {
  const limiters = new Map<string, RateLimiter>();
  const limiterOf = (name: string, points: number): RateLimiter => {
    const known = limiters.get(`${name} ${points}`);
    if (known) return known;
    // Counts are kept under the key's id, so that a counter made anew goes on where the old one was.
    if (limiters.size >= MAX_LIMITS) limiters.clear();
    const made = rateLimiter({ name, points, windowSeconds: WINDOW_SECONDS, run, tellAway });
    limiters.set(`${name} ${points}`, made);
    return made;
  };
  return async ({ principal, requestsPerMinute = null }) => {
    if (requestsPerMinute !== null && principal.keyId !== null) return limiterOf('v1-key', requestsPerMinute).take(principal.keyId);
    return perAccount === null ? null : limiterOf('v1', perAccount).take(principal.accountId);
  };
}

export function tooManyRequests({ limit, resetSeconds }: RateDecision): OpenAiFailure {
  const message = `Rate limit reached: at most ${limit} requests in a minute. Try again in ${resetSeconds} s.`;
  return { status: 429, type: 'rate_limit_error', code: 'rate_limit_exceeded', param: null, message, retryAfterSeconds: resetSeconds };
}
