import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../errors/error-code.ts';

/** What a check found; `detail` is read by operators and must hold no secret. */
export interface CheckResult {
  readonly ok: boolean;
  readonly detail: string;
}

export interface CheckOptions {
  /** Whether a failure makes the process unready. The others are shown only. */
  readonly isRequired: boolean;
}

export interface Readiness {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, CheckResult & CheckOptions>>;
}

export type Check = () => CheckResult | Promise<CheckResult>;

/** Named checks of one process. */
export class Health {
  private readonly checks = new Map<string, { readonly check: Check; readonly options: CheckOptions }>();
  private readonly timeoutMs: number;

  constructor(timeoutMs = 2000) {
    this.timeoutMs = timeoutMs;
  }

  /** A later check of the same name takes the place of the earlier one. */
  set(name: string, check: Check, options: CheckOptions = { isRequired: true }): void {
    this.checks.set(name, { check, options });
  }

  /** Runs all checks at once; one that throws or takes too long has failed. */
  async readiness(): Promise<Readiness> {
    const results = await Promise.all(
      [...this.checks].map(async ([name, { check, options }]) => [name, { ...(await this.run(check)), ...options }] as const),
    );
    return { ready: results.every(([, { ok, isRequired }]) => ok || !isRequired), checks: Object.fromEntries(results) };
  }

  private async run(check: Check): Promise<CheckResult> {
    const stop = new AbortController();
    const tooLate = delay(this.timeoutMs, { ok: false, detail: `no result within ${this.timeoutMs} ms` }, { signal: stop.signal, ref: false });
    tooLate.catch(() => undefined);
    try {
      return await Promise.race([(async () => check())(), tooLate]);
    } catch (error) {
      return { ok: false, detail: messageOf(error) };
    } finally {
      stop.abort();
    }
  }
}
