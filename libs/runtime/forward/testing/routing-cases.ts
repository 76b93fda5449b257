import { type OverflowPolicy } from '#libs/moe/capacity/capacity-settings';
import { type RoutingSettings } from '#libs/release/manifest';

/** Experts of a layer that the cases are made for. */
export const CASE_EXPERTS = 8;

/** Every gating rule with the settings it needs. */
export const GATING_CASES: Readonly<Record<string, RoutingSettings>> = {
  'softmax top-2, normalised': { gating: 'softmax-topk', topK: 2, normalise: true },
  'softmax top-3, not normalised': { gating: 'softmax-topk', topK: 3, normalise: false },
  'Switch top-1': { gating: 'switch-top1', topK: 1, normalise: false },
  'GShard top-2': { gating: 'gshard-top2', topK: 2, normalise: true },
  'top-k then softmax': { gating: 'topk-softmax', topK: 3, normalise: true },
  'top-k sigmoid': { gating: 'topk-sigmoid', topK: 2, normalise: false },
  'sigmoid with bias and groups, scaled': { gating: 'sigmoid-bias', topK: 3, normalise: true, selectionGroups: { groups: 4, keep: 2 }, scale: 2.5 },
  'noisy, without noise': { gating: 'noisy-topk', topK: 2, normalise: true },
  'noisy, by seed': { gating: 'noisy-topk', topK: 2, normalise: true, noise: { deviation: 0.5 } },
  'two-level': { gating: 'two-level', topK: 4, normalise: true, selectionGroups: { groups: 4, keep: 2 } },
  'shared experts beside softmax': { gating: 'softmax-topk', topK: 3, normalise: true, sharedExperts: [1] },
  'generalists below a confidence': { gating: 'softmax-topk', topK: 2, normalise: true, fallback: { generalists: [3, 4], minConfidence: 0.2 } },
};

export const POLICIES: readonly OverflowPolicy[] = ['drop', 'reroute', 'pad'];

/** Tight enough that experts are full now and then. */
const FACTOR = 0.8;

/** The case without a capacity, and with each policy in one scope. */
export function withCapacities(routing: RoutingSettings, scope: 'request' | 'batch'): readonly RoutingSettings[] {
  const bounded = POLICIES.map((policy) => ({ ...routing, capacity: { factor: FACTOR, policy, scope } }) satisfies RoutingSettings);
  return scope === 'request' ? [routing, ...bounded] : bounded;
}
