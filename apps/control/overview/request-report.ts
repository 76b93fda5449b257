import { type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { type RequestBucket, type RequestFigures } from '#libs/store/overview/request-figures';
import { type LayerFigures } from '#libs/store/usage/usage-query';
import { withhold } from '../routing/withhold.ts';

type Body = RouteOutput<typeof ROUTES.getRequestFigures>;
type Counted = Body['buckets'][number];

/** Figures that may be shown; latencies of too few requests are left out. */
export function countedBody({ withFirstToken, ...figures }: RequestFigures, minRequests: number): Omit<Counted, 'at'> {
  const withheld = withhold(figures.requests, minRequests);
  if (withheld) return { withheld };
  const { requests, answered, failed, durationMs, timeToFirstTokenMs } = figures;
  return {
    ...figures,
    failedShare: requests === 0 ? 0 : failed / requests,
    durationMs: answered < minRequests ? null : durationMs,
    timeToFirstTokenMs: withFirstToken < minRequests ? null : timeToFirstTokenMs,
  };
}

export function bucketBody({ atMs, ...figures }: RequestBucket, minRequests: number): Counted {
  return { at: new Date(atMs).toISOString(), ...countedBody(figures, minRequests) };
}

/** Shares of all routing decisions, over all layers. */
export function decisionShares(layers: readonly Pick<LayerFigures, 'tokens' | 'dropped' | 'rerouted' | 'masked' | 'fallback'>[]): NonNullable<Body['total']['routing']> | null {
  const sum = (of: 'tokens' | 'dropped' | 'rerouted' | 'masked' | 'fallback'): number => layers.reduce((all, layer) => all + layer[of], 0);
  const decisions = sum('tokens');
  if (decisions === 0) return null;
  return { decisions, droppedShare: sum('dropped') / decisions, reroutedShare: sum('rerouted') / decisions, maskedShare: sum('masked') / decisions, fallbackShare: sum('fallback') / decisions };
}
