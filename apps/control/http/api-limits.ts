import { Inject, Injectable, Logger, type Provider } from '@nestjs/common';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { DataSource } from 'typeorm';
import { cookieOf, SESSION_COOKIE } from '#libs/platform/auth/browser-session';
import { FailedAttempts } from '#libs/platform/auth/failed-attempts';
import { messageOf } from '#libs/platform/errors/error-code';
import { ProblemError } from '#libs/platform/errors/problem-error';
import { type RateDecision, rateHeaders, type RateLimiter, rateLimiter, type RunStatement } from '#libs/platform/limits/rate-limiter';
import { limitCounts } from '#libs/store/accounts/limit-counts';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';

export const LIMITERS = Symbol('Limiters');

export interface Limiters {
  /** Requests of an account. */
  readonly requests: RateLimiter;
  /** Failed attempts of an address. */
  readonly failures: RateLimiter;
}

/** Where the settings say nothing. */
export const REQUESTS_PER_MINUTE = 6000;
export const FAILURES_PER_MINUTE = 60;
const WINDOW_SECONDS = 60;

/** How often callers may come. */
@Injectable()
export class ApiLimits {
  readonly #attempts: FailedAttempts;
  readonly #requests: RateLimiter;

  constructor(@Inject(LIMITERS) { requests, failures }: Limiters, @Inject(CONTROL_SETTINGS) settings: ControlSettings) {
    this.#requests = requests;
    this.#attempts = new FailedAttempts(failures, settings.now);
  }

  /**
   * Finds out who calls, unless the address has guessed too often.
   * @throws ProblemError 429, or what `identify` throws
   */
  async attempt<T>(request: FastifyRequest, reply: FastifyReply, identify: () => Promise<T>): Promise<T> {
    const credential = request.headers.authorization ?? cookieOf(request.headers.cookie, SESSION_COOKIE) ?? '';
    const refused = this.#attempts.refusalOf(request.ip, credential);
    if (refused) throw tooManyFailures(refused, reply);
    try {
      const identity = await identify();
      this.#attempts.succeeded(credential);
      return identity;
    } catch (error) {
      // Without any credential nothing was guessed.
      if (!(error instanceof ProblemError) || error.status !== 401 || credential === '') throw error;
      const over = await this.#attempts.failed(request.ip);
      if (over) throw tooManyFailures(over, reply);
      throw error;
    }
  }

  /** Counts a request of an account. @throws ProblemError 429 */
  async count(accountId: string, reply: FastifyReply): Promise<void> {
    const decision = await this.#requests.take(accountId);
    void reply.headers(rateHeaders(decision));
    if (decision.isAllowed) return;
    throw new ProblemError({ status: 429, code: 'too_many_requests', title: 'Too many requests', detail: `At most ${decision.limit} requests of an account in a minute; ask again in ${decision.resetSeconds} s.` });
  }
}

function tooManyFailures(decision: RateDecision, reply: FastifyReply): ProblemError {
  void reply.headers(rateHeaders(decision));
  return new ProblemError({ status: 429, code: 'too_many_failed_logins', title: 'Too many failed attempts', detail: `This address sent wrong keys more than ${decision.limit} times in a minute; try again in ${decision.resetSeconds} s.` });
}

/** Limits that all processes count together. */
export const storedLimiters: Provider = {
  provide: LIMITERS,
  inject: [CONTROL_SETTINGS, DataSource],
  useFactory: ({ access }: ControlSettings, dataSource: DataSource): Limiters => {
    const log = new Logger(ApiLimits.name);
    return limiters(limitCounts(dataSource), access, (error) => log.warn(`the common rate limits are out of reach, so this process counts for itself: ${messageOf(error)}`));
  },
};

export function limiters(run: RunStatement | null, access: ControlSettings['access'], tellAway: (error: unknown) => void = () => undefined): Limiters {
  const settings = { windowSeconds: WINDOW_SECONDS, run, tellAway, ...(access?.countWaitMs === undefined ? {} : { waitMs: access.countWaitMs }) };
  return {
    requests: rateLimiter({ ...settings, name: 'api', points: access?.apiRequestsPerMinute ?? REQUESTS_PER_MINUTE }),
    failures: rateLimiter({ ...settings, name: 'login', points: access?.failedLoginsPerMinute ?? FAILURES_PER_MINUTE }),
  };
}
