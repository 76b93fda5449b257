/** Which overrides the address asks for; those that owe a review unless it says all. */
export interface ReviewsSearch {
  readonly overrides?: 'all';
  /** Override whose review is being written. */
  readonly review?: string;
}

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

export function parseReviewsSearch({ overrides, review }: Readonly<Record<string, unknown>>): ReviewsSearch {
  return { ...(overrides === 'all' && { overrides }), ...(typeof review === 'string' && UUID.test(review) && { review }) };
}
