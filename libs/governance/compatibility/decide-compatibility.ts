import { type Sha256 } from '#libs/release/component';

export type CompatibilityVerdict = 'trained-together' | 'evaluated' | 'incompatible';

/** A router set (routers and routing settings) and an expert set, by their digests. */
export interface SetPair {
  readonly routerSet: Sha256;
  readonly expertSet: Sha256;
}

/** What is known of routers and experts together. Records are only added; a newer one counts more. */
export interface CompatibilityRecord extends SetPair {
  readonly verdict: CompatibilityVerdict;
  /** On what the verdict stands, in words. */
  readonly evidence: string;
  /** Epoch milliseconds. */
  readonly atMs: number;
  readonly by: string;
}

export type CompatibilityDecision =
  | { readonly allowed: true; readonly reason: 'same-release-known' | 'trained-together' | 'evaluated' }
  | { readonly allowed: false; readonly reason: 'incompatible' | 'no-record' };

/**
 * Decides whether routers may serve with experts. The newest record of the pair decides; of two at the
 * same time the one that forbids. Without a record, a pair that has already answered together is known.
 * @param known pairs of releases that have answered for a model
 */
export function decideCompatibility(
  records: readonly CompatibilityRecord[],
  routerSet: Sha256,
  expertSet: Sha256,
  known: readonly SetPair[] = [],
): CompatibilityDecision {
  const isPair = (pair: SetPair): boolean => pair.routerSet === routerSet && pair.expertSet === expertSet;
  let newest: CompatibilityRecord | null = null;
  for (const record of records) {
    if (!isPair(record)) continue;
    const isNewer = newest === null || record.atMs > newest.atMs;
    const forbidsAtOnce = newest !== null && record.atMs === newest.atMs && record.verdict === 'incompatible';
    if (isNewer || forbidsAtOnce) newest = record;
  }
  if (newest?.verdict === 'incompatible') return { allowed: false, reason: 'incompatible' };
  if (newest) return { allowed: true, reason: newest.verdict };
  return known.some(isPair) ? { allowed: true, reason: 'same-release-known' } : { allowed: false, reason: 'no-record' };
}
