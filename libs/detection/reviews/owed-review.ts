import { type Reading } from '../reading/reading.ts';

export const REVIEW_KINDS = ['change', 'limit', 'override'] as const;
/**
 * change: applied by breaking the glass, not reviewed. limit: applied so, and nobody has confirmed that it stays, which is due earlier or later than the review.
 * override: protected experts were taken away in an emergency.
 */
export type ReviewKind = (typeof REVIEW_KINDS)[number];

/** What somebody must still say about an act that could not wait for approval or evidence. */
export interface OwedReview {
  readonly kind: ReviewKind;
  readonly id: string;
  /** null for a change that concerns no single model; an override has one. */
  readonly model: string | null;
  /** What was done, as the beginning of a sentence. */
  readonly what: string;
  /** Why it could not wait, as it was given. */
  readonly reason: string;
  /** Who acted. */
  readonly byName: string;
  /** Who had a hand in it and may not review it, by name; who acted is among them. */
  readonly handNames: readonly string[];
  readonly atMs: number;
  readonly dueMs: number;
}

/** A review at a time. `hoursPastDue` is below 0 while there is time. */
interface ReviewStanding {
  readonly standing: 'in-time' | 'overdue';
  readonly hoursPastDue: number;
}

export interface ReviewCount {
  readonly owed: number;
  /** Of those. */
  readonly overdue: number;
}

const HOUR_MS = 3_600_000;
/** Characters of what people wrote that are told; the rest is where the link leads. */
const MAX_TEXT = 200;

/** Overdue from the due time on, as the list of reviews owed has it. */
export function reviewStanding(dueMs: number, nowMs: number): ReviewStanding {
  return { standing: dueMs <= nowMs ? 'overdue' : 'in-time', hoursPastDue: (nowMs - dueMs) / HOUR_MS };
}

/**
 * Reading of one owed review: hours past its due time. Its labels name the act, so each has an alert of its own.
 * @param publicUrl where people reach the console, without a path; null: the link is a path
 */
export function measureReview(review: OwedReview, nowMs: number, publicUrl: string | null): Reading {
  const { kind, model, dueMs } = review;
  const { standing, hoursPastDue } = reviewStanding(dueMs, nowMs);
  return {
    signal: 'review-overdue', labels: { kind, subject: subjectOf(review), ...(model === null ? {} : { model }) }, atMs: nowMs, value: hoursPastDue, interval: null, alarm: null, evidence: null,
    detail: { ...(standing === 'overdue' ? { sinceMs: dueMs } : {}), note: noteOf(review, standing, publicUrl ?? '') },
  };
}

/** By kind; every kind is there. */
export function countReviews(reviews: readonly OwedReview[], nowMs: number): Readonly<Record<ReviewKind, ReviewCount>> {
  const count = (kind: ReviewKind): ReviewCount => {
    const own = reviews.filter((review) => review.kind === kind);
    return { owed: own.length, overdue: own.filter(({ dueMs }) => reviewStanding(dueMs, nowMs).standing === 'overdue').length };
  };
  return { change: count('change'), limit: count('limit'), override: count('override') };
}

function subjectOf({ kind, id }: OwedReview): string {
  return kind === 'override' ? `protection-override/${id}` : `change/${id}`;
}

/** What was done, what was due when, who may settle it, and how. */
function noteOf(review: OwedReview, standing: ReviewStanding['standing'], publicUrl: string): string {
  const { kind, what, byName, atMs, reason, dueMs, handNames } = review;
  const verb = standing === 'overdue' ? 'was' : 'is';
  const { command, link } = wayToSettle(review, publicUrl);
  return [
    `${clipped(what)} at ${time(atMs)} by ${clipped(byName)}: ${clipped(reason).replace(/[.\s]+$/, '')}.`,
    kind === 'limit' ? `Its time limit ${verb} ${time(dueMs)}, and nobody has confirmed that it stays. Revert it if it should not.` : `Its review ${verb} due at ${time(dueMs)}.`,
    `Somebody with the permission approve who had no hand in it (not ${handNames.map(clipped).join(', ')}) settles it: ${command} (${link}).`,
  ].join(' ');
}

function wayToSettle({ kind, id, model }: OwedReview, publicUrl: string): { readonly command: string; readonly link: string } {
  if (kind !== 'override') return { command: `signalbox change review ${id} confirmed --note "..."`, link: `${publicUrl}/changes/${id}` };
  return { command: `signalbox protect review ${id} confirm --model ${model ?? ''} --reason "..."`, link: `${publicUrl}/changes/reviews?model=${encodeURIComponent(model ?? '')}&review=${id}` };
}

function clipped(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}...` : text;
}

const time = (atMs: number): string => new Date(atMs).toISOString();
