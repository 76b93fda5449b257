import { type RoutingSettings } from './manifest.ts';

/** Rules whose selection is the softmax over the chosen or over all logits, as `normalise` says. */
const PLAIN_GATINGS: ReadonlySet<string> = new Set(['softmax-topk', 'switch-top1', 'gshard-top2', 'topk-softmax', 'noisy-topk']);

/** Whether softmax top-k alone serves these settings, as long as no request asks for more. */
export function isPlainRouting({ gating, scale, noise, sharedExperts, selectionBias, capacity, quotas, fallback }: RoutingSettings): boolean {
  if (!PLAIN_GATINGS.has(gating)) return false;
  return [scale, noise, sharedExperts, selectionBias, capacity, quotas, fallback?.minConfidence].every((setting) => setting === undefined);
}
