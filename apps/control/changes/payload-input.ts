import { type z } from 'zod';
import { type payloadSchema } from '#libs/contract/management/change-payloads';
import { type ChangePayload } from '#libs/governance/change/change-payload';
import { toPlan } from '../rollouts/plan-input.ts';

/** A payload as it was sent, with the defaults of its rollout plan, as plain JSON: what its digest covers. */
export function toPayload(input: z.output<typeof payloadSchema>): ChangePayload {
  if (!('strategy' in input) || input.strategy.kind !== 'rollout') return plain(input) as ChangePayload;
  const { model: _, candidate: __, ...plan } = toPlan({ ...input.strategy.plan, model: input.model, candidate: '0'.repeat(64) });
  return plain({ ...input, strategy: { kind: 'rollout', plan } }) as ChangePayload;
}

/** Without fields that are undefined, which JSON does not hold. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
