import { RateLimiterMemory, RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';

/** Runs one statement; as pg's pool does. */
export type RunStatement = (statement: { readonly text: string; readonly values?: unknown[]; readonly name?: string }) => Promise<{ rows: unknown[] }>;

export interface RateLimitSettings {
  /** Tells these counts apart from others in the same table. */
  readonly name: string;
  /** Most that may be taken in a window. */
  readonly points: number;
  readonly windowSeconds: number;
  /** Where all processes count together: the table `signalbox.rate_limit`. null: each process for itself. */
  readonly run: RunStatement | null;
  /** Told when the common count cannot be reached, at most once a minute. */
  readonly tellAway?: (error: unknown) => void;
  /** Clock, in milliseconds. */
  readonly now?: () => number;
}

export interface RateDecision {
  readonly isAllowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  /** Until the window begins anew, rounded up. */
  readonly resetSeconds: number;
}

export interface RateLimiter {
  /** Counts one, of a caller by its id. */
  take(id: string): Promise<RateDecision>;
}

/** A count that takes longer counts as out of reach: nobody shall wait for a limit. */
const TIMEOUT_MS = 250;
/** After a failure the common count is left alone for so long. */
const RETRY_MS = 1000;
const TELL_MS = 60_000;
/** Callers over their limit that are remembered without asking. */
const MAX_REMEMBERED = 10_000;

/**
 * Counts what callers take in fixed windows, over all processes. While the store is out of reach each
 * process counts for itself, so that an outage of it refuses nobody who is within the limit.
 */
export function rateLimiter({ name, points, windowSeconds, run, tellAway = () => undefined, now = Date.now }: RateLimitSettings): RateLimiter {
  const options = { keyPrefix: name, points, duration: windowSeconds };
  const memory = new RateLimiterMemory(options);
  const counter =
    run === null
      ? memory
      : new RateLimiterPostgres({
          ...options,
          storeClient: { query: guarded(run, tellAway, now) },
          storeType: 'pool',
          schemaName: 'signalbox',
          tableName: 'rate_limit',
          tableCreated: true,
          insuranceLimiter: memory,
        });
  const overUntilMs = new Map<string, number>();
  const decision = (isAllowed: boolean, remaining: number, untilMs: number): RateDecision => ({ isAllowed, limit: points, remaining, resetSeconds: Math.max(1, Math.ceil((untilMs - now()) / 1000)) });
  return {
    async take(id) {
      const known = overUntilMs.get(id);
      if (known !== undefined && known > now()) return decision(false, 0, known);
      overUntilMs.delete(id);
      try {
        const { remainingPoints, msBeforeNext } = await counter.consume(id);
        return decision(true, remainingPoints, now() + msBeforeNext);
      } catch (error) {
        if (!(error instanceof RateLimiterRes)) throw error;
        const untilMs = now() + error.msBeforeNext;
        if (overUntilMs.size >= MAX_REMEMBERED) overUntilMs.delete(overUntilMs.keys().next().value ?? '');
        overUntilMs.set(id, untilMs);
        return decision(false, 0, untilMs);
      }
    },
  };
}

/** Fails early instead of waiting, and not at all for a while after a failure. */
function guarded(run: RunStatement, tellAway: (error: unknown) => void, now: () => number): RunStatement {
  let awayUntilMs = 0;
  let toldAtMs = Number.NEGATIVE_INFINITY;
  return async (statement) => {
    if (now() < awayUntilMs) throw new Error('the common count was out of reach a moment ago');
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${TIMEOUT_MS} ms`)), TIMEOUT_MS);
    });
    try {
      return await Promise.race([run(statement), late]);
    } catch (error) {
      awayUntilMs = now() + RETRY_MS;
      if (now() - toldAtMs >= TELL_MS) {
        toldAtMs = now();
        tellAway(error);
      }
      throw error;
    } finally {
      clearTimeout(timer);
    }
  };
}

/** Headers by which a caller learns where it stands (draft-ietf-httpapi-ratelimit-headers, as many APIs write them). */
export function rateHeaders({ isAllowed, limit, remaining, resetSeconds }: RateDecision): Record<string, string> {
  return {
    'ratelimit-limit': String(limit),
    'ratelimit-remaining': String(remaining),
    'ratelimit-reset': String(resetSeconds),
    ...(isAllowed ? {} : { 'retry-after': String(resetSeconds) }),
  };
}
