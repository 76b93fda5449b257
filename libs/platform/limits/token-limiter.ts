import { RateLimiterRes } from 'rate-limiter-flexible';
import { type RateDecision, type RateLimitSettings, windowCounter } from './rate-limiter.ts';

/** Tokens set aside for a request that may come to need them. */
export interface TokenReservation extends RateDecision {
  /** Gives back what was not used. Not needed where it was not allowed. */
  settle(usedTokens: number): void;
}

export interface TokenLimiter {
  /** Sets tokens aside for a caller by its id, or says that there are not so many left in this window. */
  reserve(id: string, tokens: number): Promise<TokenReservation>;
}

/**
 * Counts tokens in fixed windows: the most that a request can use is taken when it is admitted, and what it did
 * not use is given back when it has ended. Counting afterwards would let any number of requests begin at once.
 */
export function tokenLimiter(settings: RateLimitSettings): TokenLimiter {
  const { points: limit, now = Date.now } = settings;
  const counter = windowCounter(settings);
  // Given back late or not at all, a caller has less than it could: nobody waits for that, and nothing fails with it.
  const giveBack = (id: string, tokens: number): void => void counter.reward(id, tokens).catch(() => undefined);
  return {
    async reserve(id, tokens) {
      const decision = (isAllowed: boolean, remaining: number, msBeforeNext: number): RateDecision => ({ isAllowed, limit, remaining: Math.max(remaining, 0), resetSeconds: Math.max(1, Math.ceil(msBeforeNext / 1000)) });
      try {
        const { remainingPoints, msBeforeNext } = await counter.consume(id, tokens);
        const windowEndsMs = now() + msBeforeNext;
        // A window that began anew has never counted these.
        const settle = (used: number): void => {
          if (used < tokens && now() < windowEndsMs) giveBack(id, tokens - used);
        };
        return { ...decision(true, remainingPoints, msBeforeNext), settle };
      } catch (error) {
        if (!(error instanceof RateLimiterRes)) throw error;
        // The counter has counted what it refused.
        giveBack(id, tokens);
        return { ...decision(false, limit - (error.consumedPoints - tokens), error.msBeforeNext), settle: () => undefined };
      }
    },
  };
}
