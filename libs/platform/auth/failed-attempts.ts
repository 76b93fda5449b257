import { createHash } from 'node:crypto';
import { type RateDecision, type RateLimiter } from '../limits/rate-limiter.ts';

/** Credentials that were right lately, in this process. */
const MAX_GOOD = 10_000;
const GOOD_MS = 15 * 60_000;
const MAX_BLOCKED = 10_000;

/**
 * Slows down guessing. An address with too many failed attempts may only come with what was right
 * lately: others behind the same proxy go on, and guesses cost no look-up.
 */
export class FailedAttempts {
  readonly #failures: RateLimiter;
  readonly #now: () => number;
  readonly #good = new Map<string, number>();
  readonly #blocked = new Map<string, RateDecision & { readonly untilMs: number }>();

  constructor(failures: RateLimiter, now: () => number) {
    this.#failures = failures;
    this.#now = now;
  }

  /** The limit that refuses an attempt before it is looked at; null where it may be tried. */
  refusalOf(address: string, credential: string): RateDecision | null {
    const blocked = this.#blocked.get(address);
    if (!blocked) return null;
    if (blocked.untilMs <= this.#now()) {
      this.#blocked.delete(address);
      return null;
    }
    return (this.#good.get(digestOf(credential)) ?? 0) > this.#now() ? null : blocked;
  }

  succeeded(credential: string): void {
    remember(this.#good, digestOf(credential), this.#now() + GOOD_MS, MAX_GOOD);
  }

  /** Counts a failure; gives the limit where that was one too many. */
  async failed(address: string): Promise<RateDecision | null> {
    const decision = await this.#failures.take(address);
    if (decision.isAllowed) return null;
    remember(this.#blocked, address, { ...decision, untilMs: this.#now() + decision.resetSeconds * 1000 }, MAX_BLOCKED);
    return decision;
  }
}

/** Not the credential itself: memory may end up in a dump. */
function digestOf(credential: string): string {
  return createHash('sha256').update(credential).digest('base64');
}

function remember<V>(map: Map<string, V>, key: string, value: V, max: number): void {
  map.delete(key);
  if (map.size >= max) map.delete(map.keys().next().value ?? '');
  map.set(key, value);
}
