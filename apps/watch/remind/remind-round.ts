import { type DataSource } from 'typeorm';
import { countReviews, measureReview, type OwedReview, type ReviewCount, type ReviewKind } from '#libs/detection/reviews/owed-review';
import { labelsKey, type Readings } from '#libs/store/detection/readings';
import { type OwedReviews } from '#libs/store/reviews/owed-reviews';

/** Reviews of each kind that are looked at, those that are due first. */
const MAX_REVIEWS = 1000;
const MAX_READINGS = 10_000;

export interface RemindPorts {
  readonly dataSource: Pick<DataSource, 'transaction'>;
  readonly owed: Pick<OwedReviews, 'list'>;
  readonly readings: Pick<Readings, 'save' | 'remove' | 'current'>;
}

interface RemindInput {
  readonly nowMs: number;
  /** Where people reach the console, without a path; null: links are paths. */
  readonly publicUrl: string | null;
}

/** Writes a reading of each review that is owed, and takes back those of reviews that were given: that ends their alerts. */
export async function remindRound({ dataSource, owed, readings }: RemindPorts, { nowMs, publicUrl }: RemindInput): Promise<Readonly<Record<ReviewKind, ReviewCount>>> {
  const reviews: readonly OwedReview[] = await owed.list(MAX_REVIEWS);
  const fresh = reviews.map((review) => measureReview(review, nowMs, publicUrl));
  const known = new Set(fresh.map(({ labels }) => labelsKey(labels)));
  const before = await readings.current({ signals: ['review-overdue'] }, MAX_READINGS);
  await dataSource.transaction(async (manager) => {
    await readings.save(manager, fresh);
    for (const { signal, labels } of before) if (!known.has(labelsKey(labels))) await readings.remove(manager, signal, labels);
  });
  return countReviews(reviews, nowMs);
}
