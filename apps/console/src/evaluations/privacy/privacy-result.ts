import { type Estimate, estimateOf, fieldsOf, listOf, numberOf, textOf } from '../result/fields.ts';

export interface PrivacyLevel {
  readonly level: string;
  readonly tokenRecovery: Estimate | null;
  readonly top5: Estimate | null;
  readonly classAuc: Estimate | null;
  readonly informationBits: Estimate | null;
  readonly classes: readonly { readonly label: string; readonly auc: Estimate }[];
}

export interface PrivacyFindings {
  readonly levels: readonly PrivacyLevel[];
  /** What the attacker gets without any trace: always the most frequent token. */
  readonly chance: Estimate | null;
  readonly learning: readonly { readonly trainTokens: number; readonly recovery: Estimate }[];
  readonly layers: readonly { readonly layer: number; readonly tokenBits: Estimate | null; readonly classBits: Estimate | null }[];
  readonly recommendation: { readonly level: string; readonly detail: string } | null;
  readonly limits: readonly string[];
}

/** What a privacy run found, as far as it says. */
export function privacyOf(result: unknown): PrivacyFindings {
  const { levels, chance, learningCurve, layers, recommendation, limits } = fieldsOf(result);
  const { level, detail, reason } = fieldsOf(recommendation);
  const advised = textOf(level);
  return {
    levels: listOf(levels).flatMap((one) => {
      const fields = fieldsOf(one);
      const name = textOf(fields['level']);
      return name === null ? [] : [{ level: name, tokenRecovery: estimateOf(fields['tokenRecovery']), top5: estimateOf(fields['top5']), classAuc: estimateOf(fields['classAuc']), informationBits: estimateOf(fields['informationBits']), classes: classesOf(fields['classes']) }];
    }),
    chance: estimateOf(fieldsOf(chance)['majority']),
    learning: listOf(learningCurve).flatMap((one) => {
      const { trainTokens, tokenRecovery } = fieldsOf(one);
      const [tokens, recovery] = [numberOf(trainTokens), estimateOf(tokenRecovery)];
      return tokens === null || recovery === null ? [] : [{ trainTokens: tokens, recovery }];
    }),
    layers: listOf(layers).flatMap((one) => {
      const { layer, tokenBits, classBits } = fieldsOf(one);
      const at = numberOf(layer);
      return at === null ? [] : [{ layer: at, tokenBits: estimateOf(tokenBits), classBits: estimateOf(classBits) }];
    }),
    recommendation: advised === null ? null : { level: advised, detail: textOf(detail) ?? textOf(reason) ?? '' },
    limits: listOf(limits).filter((one) => typeof one === 'string'),
  };
}

function classesOf(value: unknown): PrivacyLevel['classes'] {
  return listOf(value).flatMap((one) => {
    const [label, auc] = [textOf(fieldsOf(one)['label']), estimateOf(one)];
    return label === null || auc === null ? [] : [{ label, auc }];
  });
}

const LEVELS: Readonly<Record<string, string>> = {
  full: 'Routes and token ids',
  routes: 'Routes with gates',
  'routes-ids': 'Routes, expert ids alone',
  sampled: 'Routes of a share of requests',
  off: 'Nothing',
};

/** A capture level for people. */
export function levelInWords(level: string): string {
  const requests = /^aggregate-(\d+)$/.exec(level)?.[1];
  return LEVELS[level] ?? (requests === undefined ? level : `Sums over ${requests} ${requests === '1' ? 'request' : 'requests'}`);
}
