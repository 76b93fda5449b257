import { areaUnderCurve } from '#libs/stats/roc/auc';
import { type Estimate } from '../run/result.ts';
import { seededUniform } from './random.ts';
import { type ClassAuc } from './result.ts';

/** Scores of one held-out document: a log odds for each class. */
export interface ScoredDocument {
  readonly label: string;
  readonly scores: Float64Array;
}

const DRAWS = 300;

/** Area under the curve of each class against the rest, with intervals by DeLong. */
export function classAucs(documents: readonly ScoredDocument[], labels: readonly string[]): ClassAuc[] {
  return labels.flatMap((label, at) => {
    const { positives, negatives } = parted(documents, label, at);
    const auc = areaUnderCurve(positives, negatives);
    return auc ? [{ label, value: auc.value, low: auc.interval?.low ?? null, high: auc.interval?.high ?? null, n: positives.length }] : [];
  });
}

/** Mean over the classes; the interval is the percentile bootstrap over documents (Efron 1979). null: no class that can be told from others. */
export function meanAuc(documents: readonly ScoredDocument[], labels: readonly string[], seed: number): Estimate | null {
  const mean = (some: readonly ScoredDocument[]): number | null => {
    const values = labels.flatMap((label, at) => {
      const { positives, negatives } = parted(some, label, at);
      return areaUnderCurve(positives, negatives)?.value ?? [];
    });
    return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  const value = mean(documents);
  if (value === null) return null;
  const uniform = seededUniform(seed);
  const draws = Array.from({ length: DRAWS }, () => mean(documents.map(() => documents[Math.floor(uniform() * documents.length)]!)) ?? value).toSorted((a, b) => a - b);
  return { value, low: draws[Math.floor(DRAWS * 0.025)]!, high: draws[Math.ceil(DRAWS * 0.975) - 1]!, n: documents.length };
}

/**
 * What becomes of the areas when only a share of the requests keeps a trace and the attacker must rank all
 * of them: a request without a trace has the odds of its class's frequency. Expected value over the choice.
 */
export function sampledAuc(full: Estimate, share: number, oneSided: number): Estimate {
  const at = (area: number): number => share ** 2 * area + 2 * share * (1 - share) * oneSided + (1 - share) ** 2 / 2;
  return { ...full, value: at(full.value), low: full.low === null ? null : at(full.low), high: full.high === null ? null : at(full.high) };
}

/** Mean over classes of the area where one of the two has only its class's frequency: half of P(positive above it) + P(negative below it). */
export function oneSidedAuc(documents: readonly ScoredDocument[], labels: readonly string[]): number {
  const values = labels.flatMap((label, at) => {
    const { positives, negatives } = parted(documents, label, at);
    if (positives.length === 0 || negatives.length === 0) return [];
    const odds = Math.log(positives.length / negatives.length);
    return [(areaUnderCurve(positives, [odds])!.value + areaUnderCurve([odds], negatives)!.value) / 2];
  });
  return values.length === 0 ? 0.5 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function parted(documents: readonly ScoredDocument[], label: string, at: number): { positives: number[]; negatives: number[] } {
  const positives: number[] = [];
  const negatives: number[] = [];
  for (const document of documents) (document.label === label ? positives : negatives).push(document.scores[at]!);
  return { positives, negatives };
}
