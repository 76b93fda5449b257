import { type ClearSettings } from './settings.ts';

export interface LatchedEvidence {
  /** Requests since the last alarm of the episode, and how many that alarm took to arise. */
  readonly quietRequests: number;
  readonly tookRequests: number;
  /** Recent effect and what stationary traffic shows, bits. */
  readonly effectBits: number;
  readonly noiseFloorBits: number;
}

export interface ClearDecision {
  readonly isCleared: boolean;
  readonly reason: 'recent-alarm' | 'effect-remains' | 'quiet-and-small' | 'quiet-for-long';
}

/** Least bits that count as near the floor, for layers whose floor is next to nothing. */
const SMALLEST_BITS = 1e-5;

/** Whether a raised alarm is over: as long again without one as should have sufficed for another, and little left to see. */
export function decideCleared({ quietRequests, tookRequests, effectBits, noiseFloorBits }: LatchedEvidence, settings: ClearSettings): ClearDecision {
  if (quietRequests < quietNeeded(tookRequests, settings)) return { isCleared: false, reason: 'recent-alarm' };
  if (effectBits <= Math.max(SMALLEST_BITS, settings.floorFactor * noiseFloorBits)) return { isCleared: true, reason: 'quiet-and-small' };
  if (quietRequests >= settings.giveUpRequests) return { isCleared: true, reason: 'quiet-for-long' };
  return { isCleared: false, reason: 'effect-remains' };
}

/** Requests without an alarm after which one is no longer expected. */
function quietNeeded(tookRequests: number, { quietFactor, minRequests, maxRequests }: ClearSettings): number {
  return Math.min(maxRequests, Math.max(minRequests, quietFactor * tookRequests));
}
