import { quantile } from '../harness/summary.ts';
import { type Seen } from './open-loop.ts';

/**
 * Fairness of what tenants got: (sum x)^2 / (n sum x^2); 1 where all got the same, 1/n where one got all.
 * Source: Jain, Chiu and Hawe, "A Quantitative Measure of Fairness and Discrimination" (1984).
 */
export function jainIndex(values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + value, 0);
  const squares = values.reduce((total, value) => total + value * value, 0);
  return squares === 0 ? 1 : (sum * sum) / (values.length * squares);
}

export interface Outcome {
  readonly answered: number;
  readonly refused: number;
  readonly late: number;
  /** Begun, and ended by the server at their deadline. */
  readonly ended: number;
  readonly lost: number;
  readonly withoutRetryAfter: number;
  /** Tokens of answers within the deadline, in a second. */
  readonly goodput: number;
  /** Of answers, milliseconds. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly refusedP50Ms: number;
  readonly refusedP99Ms: number;
  readonly jain: number;
  readonly tokensByTenant: ReadonlyMap<string, number>;
  readonly codes: ReadonlyMap<string, number>;
}

export function outcomeOf(seen: readonly Seen[], tenants: readonly string[], seconds: number, deadlineMs: number): Outcome {
  const answers = seen.filter(({ status }) => status === 200);
  const inTime = answers.filter(({ ms }) => ms <= deadlineMs);
  const refusals = seen.filter(({ status }) => status === 429 || status === 503);
  const ended = seen.filter(({ status }) => status === 504).length;
  const tokensByTenant = new Map(tenants.map((tenant) => [tenant, 0]));
  for (const { tenant, completionTokens } of inTime) tokensByTenant.set(tenant, (tokensByTenant.get(tenant) ?? 0) + completionTokens);
  const codes = new Map<string, number>();
  for (const { status, code } of seen) if (status !== 200) codes.set(`${status} ${code ?? 'none'}`, (codes.get(`${status} ${code ?? 'none'}`) ?? 0) + 1);
  const latencies = answers.map(({ ms }) => ms);
  const refusedMs = refusals.map(({ ms }) => ms);
  return {
    answered: answers.length,
    refused: refusals.length,
    late: answers.length - inTime.length,
    ended,
    lost: seen.length - answers.length - refusals.length - ended,
    withoutRetryAfter: refusals.filter(({ hasRetryAfter }) => !hasRetryAfter).length,
    goodput: inTime.reduce((sum, { completionTokens }) => sum + completionTokens, 0) / seconds,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    refusedP50Ms: quantile(refusedMs, 0.5),
    refusedP99Ms: quantile(refusedMs, 0.99),
    jain: jainIndex([...tokensByTenant.values()]),
    tokensByTenant,
    codes,
  };
}
