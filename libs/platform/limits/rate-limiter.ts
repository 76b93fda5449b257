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
  /** A common count that takes longer is out of reach: nobody shall wait for a limit. 250 unless given. */
  readonly waitMs?: number;
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

const DEFAULT_WAIT_MS = 250;
/** After a failure the common count is left alone for so long. */
const RETRY_MS = 1000;
const TELL_MS = 60_000;
/** Callers over their limit that are remembered without asking. */
const MAX_REMEMBERED = 10_000;

/**
 * Counts what callers take in fixed windows, over all processes. While the store is out of reach each
 * process counts for itself, from where the common count last stood, so that an outage of it refuses
 * nobody who is within the limit. Processes do not learn of each other's counts then: over `n` of them
 * a caller may take up to `n` times what was left in the window.
 */
export function rateLimiter(settings: RateLimitSettings): RateLimiter {
  const { points, now = Date.now } = settings;
  const counter = windowCounter(settings);
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

/** Fixed windows in the common store, with a count of this process for when that is away. */
export function windowCounter({ name, points, windowSeconds, run, tellAway = () => undefined, waitMs = DEFAULT_WAIT_MS, now = Date.now }: RateLimitSettings): RateLimiterMemory | RateLimiterPostgres {
  const options = { keyPrefix: name, points, duration: windowSeconds };
  const own = new RateLimiterMemory(options);
  return run === null ? own : new CommonCounter(options, guarded(run, tellAway, waitMs, now), own);
}

/** Tells the count of this process where the common one stands, so that it goes on from there. */
class CommonCounter extends RateLimiterPostgres {
  readonly #own: RateLimiterMemory;

  constructor(options: { readonly keyPrefix: string; readonly points: number; readonly duration: number }, query: RunStatement, own: RateLimiterMemory) {
    super({ ...options, storeClient: { query }, storeType: 'pool', schemaName: 'signalbox', tableName: 'rate_limit', tableCreated: true, insuranceLimiter: own });
    this.#own = own;
  }

  override async consume(id: string | number, points?: number, options?: Record<string, unknown>): Promise<RateLimiterRes> {
    const result = await super.consume(id, points, options);
    await this.#own.set(id, result.consumedPoints, result.msBeforeNext / 1000);
    return result;
  }
}

/** Fails early instead of waiting, and not at all for a while after a failure. */
function guarded(run: RunStatement, tellAway: (error: unknown) => void, waitMs: number, now: () => number): RunStatement {
  let awayUntilMs = 0;
  let toldAtMs = Number.NEGATIVE_INFINITY;
  return async (statement) => {
    if (now() < awayUntilMs) throw new Error('the common count was out of reach a moment ago');
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${waitMs} ms`)), waitMs);
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

/** The same as OpenAI names it, for clients that slow down by it. */
export function openAiRateHeaders(of: 'requests' | 'tokens', { limit, remaining, resetSeconds }: RateDecision): Record<string, string> {
  return {
    [`x-ratelimit-limit-${of}`]: String(limit),
    [`x-ratelimit-remaining-${of}`]: String(remaining),
    [`x-ratelimit-reset-${of}`]: `${resetSeconds}s`,
  };
}
