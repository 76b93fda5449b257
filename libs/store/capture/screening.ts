import { type RequestRecord } from '#libs/contract/capture/request-record';
import { DAY_MS, dayOf, oldestKeptDay } from './days.ts';

/** Why a captured request is not written. */
export type Refusal = 'older-than-retention' | 'in-the-future' | 'unknown-release';

export interface ScreeningRules {
  readonly nowMs: number;
  readonly retentionDays: number;
  /** Releases that the database knows. */
  readonly releases: { has(releaseId: string): boolean };
}

/** Decides whether a captured request may be written; null when it may. */
export function screenRequest(record: Pick<RequestRecord, 'atMs' | 'releaseId'>, rules: ScreeningRules): Refusal | null {
  if (dayOf(record.atMs) < oldestKeptDay(rules.nowMs, rules.retentionDays)) return 'older-than-retention';
  // A day of grace: clocks differ, but a wild one must not make partitions for years to come.
  if (record.atMs > rules.nowMs + DAY_MS) return 'in-the-future';
  if (!rules.releases.has(record.releaseId)) return 'unknown-release';
  return null;
}
