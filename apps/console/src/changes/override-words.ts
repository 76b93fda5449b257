import { type ProtectionOverrideRecord } from '../api/gen/types.gen.ts';

const ACTS: Readonly<Record<string, string>> = { quarantine: 'Quarantine', recall: 'Recall', 'data-rules': 'Data rules', change: 'Change request' };

/** What was done, by the API's name for it. */
export function actText(act: string): string {
  return ACTS[act] ?? act;
}

type Standing = Pick<ProtectionOverrideRecord, 'changeId' | 'reviewDueAt' | 'review' | 'isOverdue'>;

/**
 * What an override still owes. `at-change`: it came of a change request, which owes what is owed. `none`: there was
 * evidence, so nobody owes anything. `to-revert`: reviewed, and to be taken back before it is confirmed.
 */
export function standingOf({ changeId, reviewDueAt, review, isOverdue }: Standing): 'at-change' | 'none' | 'confirmed' | 'to-revert' | 'overdue' | 'owed' {
  if (changeId !== null) return 'at-change';
  if (reviewDueAt === null) return 'none';
  if (review?.verdict === 'confirmed') return 'confirmed';
  if (review !== null) return 'to-revert';
  return isOverdue ? 'overdue' : 'owed';
}
