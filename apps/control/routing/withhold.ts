export interface Withheld {
  readonly reason: 'fewer_than_min_requests';
  readonly minRequests: number;
}

/**
 * Whether an aggregate must not be shown: over few requests it would tell what one of them held.
 * Null when it may be. The number of requests itself is not told either.
 */
export function withhold(requests: number, minRequests: number): Withheld | null {
  return requests < minRequests ? { reason: 'fewer_than_min_requests', minRequests } : null;
}
