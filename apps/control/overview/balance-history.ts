import { type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { type LayerFigures } from '#libs/store/usage/usage-query';
import { balanceLayer, requestsOf } from '../routing/reports.ts';

type LayerBody = NonNullable<RouteOutput<typeof ROUTES.getBalanceHistory>['layers']>[number];
type Balance = LayerBody['now'];

export interface BalanceHistoryInput {
  /** Over the whole window. */
  readonly now: readonly LayerFigures[];
  /** By bucket, oldest first. */
  readonly buckets: readonly { readonly layers: readonly LayerFigures[] }[];
  /** Over the traffic of the baseline; none where there is none, or it is withheld. */
  readonly baseline: readonly LayerFigures[];
  readonly topK: number;
  readonly minRequests: number;
}

/** Layer by layer: now, the baseline, and a point for each bucket. */
export function balanceHistory({ now, buckets, baseline, topK, minRequests }: BalanceHistoryInput): LayerBody[] {
  const points = buckets.map((bucket) => (requestsOf(bucket) < minRequests ? new Map<number, Balance>() : balances(bucket.layers, topK)));
  const frozen = balances(baseline, topK);
  return [...balances(now, topK)].map(([layer, balance]) => {
    const of = <T>(pick: (point: Balance) => T): (T | null)[] => points.map((bucket) => (bucket.has(layer) ? pick(bucket.get(layer)!) : null));
    const before = frozen.get(layer) ?? null;
    return {
      layer,
      now: balance,
      baseline: before,
      isOutside: areApart(balance, before),
      entropyBits: of(({ entropyBits }) => entropyBits),
      entropyLow: of(({ entropyInterval }) => entropyInterval?.low ?? null),
      entropyHigh: of(({ entropyInterval }) => entropyInterval?.high ?? null),
      maxViolation: of(({ maxViolation }) => maxViolation),
    };
  });
}

function balances(layers: readonly LayerFigures[], topK: number): Map<number, Balance> {
  return new Map(
    layers.map((usage) => {
      const { layer, entropyBits, entropyInterval, maxViolation } = balanceLayer(usage, topK);
      return [layer, { entropyBits, entropyInterval, maxViolation }];
    }),
  );
}

/** Intervals that do not meet. Where they do, that proves nothing; the detectors decide what is an alarm. */
function areApart({ entropyInterval: one }: Balance, other: Balance | null): boolean {
  const two = other?.entropyInterval;
  return one !== null && two !== null && two !== undefined && (one.high < two.low || two.high < one.low);
}
