import { type z } from 'zod';
import { type protectionOverride } from '#libs/contract/management/protection';
import { type OverrideWish } from '#libs/governance/protection/decide-protection';

/** What a request says for taking protected experts away; null: nothing. */
export function overrideWish(given: z.output<typeof protectionOverride> | undefined): OverrideWish | null {
  return given === undefined ? null : { reason: given.reason, evaluationId: given.evaluationId ?? null, emergency: given.emergency };
}
