import { z } from 'zod';
import { integerText } from './integer-text.ts';

const MAX_EPSILON = 16;

const thousandths = (mostThousandths: number) =>
  z
    .string()
    .regex(/^\d{1,4}(?:\.\d{1,3})?$/, 'give a number such as 0.5, with at most three decimals')
    .transform((text) => Math.round(Number(text) * 1000))
    .refine((value) => value >= 1 && value <= mostThousandths, `give 0.001 to ${mostThousandths / 1000}`);

/** What sums give away. */
export const privacySettings = {
  SIGNALBOX_MIN_REQUESTS: integerText(1, 1_000_000).default(5),
  SIGNALBOX_PRIVACY_EPSILON: thousandths(MAX_EPSILON * 1000).optional(),
  SIGNALBOX_PRIVACY_BUDGET: thousandths(1_000_000).default(5000),
  SIGNALBOX_PRIVACY_TOKENS: integerText(1, 65_536).default(256),
};

export interface PrivateUsageSettings {
  /** Of one answer, in thousandths. */
  readonly epsilonThousandths: number;
  /** Of all answers about one day of a model, in thousandths. */
  readonly budgetThousandths: number;
  /** Tokens of a request that usage counts at most: what one request can move. */
  readonly requestTokens: number;
}

/** null: private statistics are off. */
export function privateUsage(epsilon: number | undefined, budgetThousandths: number, requestTokens: number): PrivateUsageSettings | null {
  return epsilon === undefined ? null : { epsilonThousandths: epsilon, budgetThousandths, requestTokens };
}
