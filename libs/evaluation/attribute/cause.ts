/** What did it. `interaction`: each alone is harmless, or good at another place; together they are not. */
export type Cause = 'router' | 'expert' | 'both' | 'interaction' | 'backbone' | 'neither';

/**
 * Differences of bits/byte in the swap, from the old release with the new backbone on (treatment coding, whose
 * terms add up to the change): total = backbone + router + experts + interaction.
 */
export interface SwapEffects {
  /** New less old. */
  readonly total: number;
  /** New backbone in the old release, nothing else. */
  readonly backbone: number;
  /** New routers with old experts. */
  readonly router: number;
  /** New experts with old routers. */
  readonly experts: number;
  /** both - routers - experts + neither. */
  readonly interaction: number;
}

export interface CauseEvidence {
  readonly effects: SwapEffects;
  /** Bits/byte of the new release with its experts at each other's places, less the old release; null: none do better there. */
  readonly exchanged: number | null;
}

export type CauseReason = 'no-change' | 'pair-only' | 'experts-misplaced' | 'router-alone' | 'experts-alone' | 'each-alone' | 'backbone-alone' | 'largest-part';

/** A side is a cause where it alone makes this share of the change, and what counts as a change by itself. */
const SIDE_SHARE = 0.1;
/** Above this share, what happens only in the pair is the cause. */
const PAIR_SHARE = 0.5;
/** Experts that stand at each other's places are a mismatch where this share of the change goes when they are put right. */
const EXCHANGE_SHARE = 0.5;

/** Names the cause of a change. The same for what got better as for what got worse. @param minBitsPerByte a smaller change says nothing */
export function causeOf({ effects, exchanged }: CauseEvidence, minBitsPerByte: number): { readonly cause: Cause; readonly reason: CauseReason } {
  const { total } = effects;
  if (total === 0 || Math.abs(total) < minBitsPerByte) return { cause: 'neither', reason: 'no-change' };
  const share = (part: number): number => part / total;
  if (exchanged !== null && share(total - exchanged) >= EXCHANGE_SHARE) return { cause: 'interaction', reason: 'experts-misplaced' };
  if (share(effects.interaction) > PAIR_SHARE) return { cause: 'interaction', reason: 'pair-only' };
  const isCause = (part: number): boolean => share(part) >= SIDE_SHARE && Math.abs(part) >= minBitsPerByte;
  const [router, experts, backbone] = [isCause(effects.router), isCause(effects.experts), isCause(effects.backbone)];
  if (Number(router) + Number(experts) + Number(backbone) > 1) return { cause: 'both', reason: 'each-alone' };
  if (router) return { cause: 'router', reason: 'router-alone' };
  if (experts) return { cause: 'expert', reason: 'experts-alone' };
  if (backbone) return { cause: 'backbone', reason: 'backbone-alone' };
  return { cause: largestPart(effects), reason: 'largest-part' };
}

function largestPart({ total, router, experts, backbone, interaction }: SwapEffects): Cause {
  const parts: readonly (readonly [Cause, number])[] = [['router', router], ['expert', experts], ['backbone', backbone], ['interaction', interaction]];
  return parts.reduce((best, one) => (one[1] / total > best[1] / total ? one : best))[0];
}
