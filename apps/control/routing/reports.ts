import { balancedness, coefficientOfVariation, deadExperts, gini, maxViolation, utilisation } from '#libs/stats/balance';
import { type ClusteredCounts } from '#libs/stats/design-effect';
import { jensenShannonBits } from '#libs/stats/divergence';
import { estimateEntropy } from '#libs/stats/entropy-estimate';
import { shares } from '#libs/stats/entropy';
import { gateConfidence } from '#libs/stats/gate-confidence';
import { mutualInformation, type MutualInformation, type SegmentWeighting } from '#libs/stats/mutual-information';
import { type LayerUsage } from '#libs/trace/usage';
import { type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { MAX_GROUPS } from '#libs/contract/management/usage';
import { withhold } from './withhold.ts';

type UsageGroupBody = RouteOutput<typeof ROUTES.getUsage>['groups'][number];
type UsageLayerBody = NonNullable<UsageGroupBody['layers']>[number];
type BalanceLayerBody = NonNullable<RouteOutput<typeof ROUTES.getBalance>['layers']>[number];
type InformationReport = Pick<RouteOutput<typeof ROUTES.getInformation>, 'segments' | 'withheldSegments' | 'minRequests' | 'layers'>;
type TimelineBucketBody = RouteOutput<typeof ROUTES.getTimeline>['buckets'][number];
type InformationBody = Pick<MutualInformation, 'bits' | 'uncorrectedBits' | 'biasBits' | 'interval'>;

type Layer = LayerUsage & { readonly layer: number };

/** Usage of one group: a segment, a release, a point in time, or all. Layers ascend. */
export interface GroupUsage {
  readonly group: string;
  readonly layers: readonly Layer[];
}

const GATE_UNITS = 255;

/** Requests behind a group: the same in every layer. */
export function requestsOf({ layers }: Pick<GroupUsage, 'layers'>): number {
  return layers.reduce((most, { requests }) => Math.max(most, requests), 0);
}

/** The matrix by group. Without any usage there is one group, withheld, rather than zeros. */
export function usageGroups(groups: readonly GroupUsage[], minRequests: number): Pick<RouteOutput<typeof ROUTES.getUsage>, 'groups' | 'omittedGroups'> {
  const busiest = groups.toSorted((a, b) => requestsOf(b) - requestsOf(a)).slice(0, MAX_GROUPS);
  const shown = busiest.toSorted((a, b) => (a.group < b.group ? -1 : 1));
  return { groups: usageBodies(shown, minRequests), omittedGroups: groups.length - shown.length };
}

function usageBodies(groups: readonly GroupUsage[], minRequests: number): UsageGroupBody[] {
  return (groups.length > 0 ? groups : [{ group: '', layers: [] }]).map((usage) => {
    const requests = requestsOf(usage);
    const withheld = withhold(requests, minRequests);
    return withheld ? { group: usage.group, withheld } : { group: usage.group, requests, layers: usage.layers.map(usageLayer) };
  });
}

function usageLayer({ layer, tokens, load, gateMass, dropped, rerouted, masked, fallback }: Layer): UsageLayerBody {
  return {
    layer,
    tokens,
    load: [...load],
    share: shares([...load]),
    gateMass: Array.from(gateMass, (units) => units / GATE_UNITS),
    flagged: { dropped, rerouted, masked, fallback },
  };
}

/** Entropy, balance and gate confidence of one layer. */
export function balanceLayer(usage: Layer, topK: number): BalanceLayerBody {
  const load = [...usage.load];
  const entropy = estimateEntropy(clustered(usage), topK);
  return {
    layer: usage.layer,
    tokens: usage.tokens,
    entropyBits: entropy?.entropyBits ?? 0,
    uncorrectedEntropyBits: entropy?.uncorrectedBits ?? 0,
    entropyInterval: entropy?.interval ?? null,
    designEffect: entropy?.designEffect ?? null,
    effectiveExperts: entropy?.effectiveExperts ?? 0,
    normalisedEntropy: entropy?.normalised ?? 0,
    maxViolation: maxViolation(load),
    coefficientOfVariation: coefficientOfVariation(load),
    balancedness: balancedness(load),
    gini: gini(load),
    utilisation: utilisation(load),
    deadExperts: deadExperts(load),
    gateConfidence: gateConfidence([...usage.confidence]),
  };
}

/** Mutual information by layer over the segments that may be shown. */
export function informationReport(groups: readonly GroupUsage[], topK: number, minRequests: number): InformationReport {
  const shown = groups.filter((usage) => withhold(requestsOf(usage), minRequests) === null);
  const numbers = [...new Set(shown.flatMap(({ layers }) => layers.map(({ layer }) => layer)))].toSorted((a, b) => a - b);
  return {
    segments: shown.map(({ group }) => group),
    withheldSegments: groups.length - shown.length,
    minRequests,
    layers: numbers.map((layer) => {
      const segments = shown.flatMap(({ group, layers }) => layers.filter((own) => own.layer === layer).map((own) => ({ group, counts: clustered(own) })));
      const counts = segments.map((segment) => segment.counts);
      const mean = meanShares(counts);
      return {
        layer,
        equalWeights: information(counts, topK, 'equal'),
        pooled: information(counts, topK, 'pooled'),
        segments: segments.map((segment) => ({ segment: segment.group, distanceBits: jensenShannonBits(segment.counts.load, mean) ?? 0 })),
      };
    }),
  };
}

function information(counts: readonly ClusteredCounts[], topK: number, weighting: SegmentWeighting): InformationBody {
  const found = mutualInformation(counts, topK, weighting);
  if (!found) return { bits: 0, uncorrectedBits: 0, biasBits: 0, interval: null };
  const { bits, uncorrectedBits, biasBits, interval } = found;
  return { bits, uncorrectedBits, biasBits, interval };
}

function meanShares(counts: readonly ClusteredCounts[]): number[] {
  const each = counts.map(({ load }) => shares(load));
  return (each[0] ?? []).map((_, j) => each.reduce((sum, share) => sum + (share[j] ?? 0), 0) / each.length);
}

/** One point of a time line. */
export function timelineBucket(atMs: number, layers: readonly Layer[], topK: number, minRequests: number): TimelineBucketBody {
  const at = new Date(atMs).toISOString();
  const requests = requestsOf({ layers });
  const withheld = withhold(requests, minRequests);
  if (withheld) return { at, withheld };
  return {
    at,
    requests,
    tokens: layers.reduce((most, { tokens }) => Math.max(most, tokens), 0),
    layers: layers.map((usage) => {
      const { layer, entropyBits, entropyInterval, maxViolation: violation } = balanceLayer(usage, topK);
      return { layer, entropyBits, interval: entropyInterval, maxViolation: violation, share: shares([...usage.load]) };
    }),
  };
}

export function clustered({ load, cross, sumSquaresCells, sumSquaresRequests, requests }: Layer): ClusteredCounts {
  return { load: [...load], crossLoad: [...cross], sumSquaresCells, sumSquaresRequests, requests };
}
