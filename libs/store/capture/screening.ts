import { type AppliedRules, MAX_APPLIED_RULES, type RequestRecord } from '#libs/contract/capture/request-record';
import { type RoutingTrace } from '#libs/trace/trace';
import { type ReleaseOutline } from '../releases/release-outlines.ts';
import { DAY_MS, oldestKeptMs } from './days.ts';

/** Why a captured request is not written as a trace. */
export type Refusal = 'older-than-retention' | 'malformed-record' | 'in-the-future' | 'unknown-release' | 'wrong-shape';

export interface ScreeningRules {
  readonly nowMs: number;
  readonly retentionDays: number;
  /** Releases that the database knows, by id. */
  readonly releases: ReadonlyMap<string, ReleaseOutline>;
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const DIGEST = /^[0-9a-f]{64}$/;
const MAX_INT32 = 2 ** 31 - 1;
/** Longer labels would not fit the index that keeps segments apart. */
const MAX_LABEL_CHARS = 256;

/**
 * Decides whether a captured request may be written; null when it may. One bad request must not keep
 * the rest of its batch from the database, so everything the database would refuse is found here.
 */
export function screenRequest(
  record: RequestRecord,
  trace: Pick<RoutingTrace, 'layers' | 'experts'>,
  { nowMs, retentionDays, releases }: ScreeningRules,
): Refusal | null {
  if (!isWellFormed(record)) return 'malformed-record';
  if (record.atMs < oldestKeptMs(nowMs, retentionDays)) return 'older-than-retention';
  // A day of grace: clocks differ, but a wild one must not make partitions for years to come.
  if (record.atMs > nowMs + DAY_MS) return 'in-the-future';
  const release = releases.get(record.releaseId);
  if (!release) return 'unknown-release';
  if (trace.layers !== release.layers || trace.experts !== release.experts) return 'wrong-shape';
  return null;
}

function isWellFormed({ requestId, atMs, segment, promptTokens, completionTokens, queueWaitMs, timeToFirstTokenMs, durationMs, rules }: RequestRecord): boolean {
  return (
    UUID.test(requestId) &&
    Math.abs(atMs) < 8.64e15 &&
    [promptTokens, completionTokens].every((count) => Number.isSafeInteger(count) && count >= 0 && count <= MAX_INT32) &&
    [queueWaitMs, durationMs, timeToFirstTokenMs ?? 0].every((value) => value >= 0 && Number.isFinite(value)) &&
    // PostgreSQL's text holds no NUL.
    [segment.tenant, segment.task, segment.language].every((label) => label.length <= MAX_LABEL_CHARS && !label.includes('\0')) &&
    (!rules || isWellFormedRules(rules))
  );
}

function isWellFormedRules({ digest, maskedExperts, ruleIds, labels }: AppliedRules): boolean {
  return (
    DIGEST.test(digest) &&
    Number.isSafeInteger(maskedExperts) &&
    maskedExperts >= 0 &&
    maskedExperts <= MAX_INT32 &&
    ruleIds.length <= MAX_APPLIED_RULES &&
    [...ruleIds, labels.region, labels.dataClass, labels.licence].every((text) => text.length <= MAX_LABEL_CHARS && !text.includes('\0'))
  );
}
