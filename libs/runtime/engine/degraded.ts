import { DECISION_FLAGS } from '#libs/trace/trace';
import { type DegradedDecisions, type FlaggedDecisions } from './engine.ts';

/**
 * How many decisions with an unavailable expert each rung served; null where there are none. A decision
 * that fewer than topK experts served counts as renormalised, even where the next best were no more.
 * @param gates [row][layer][k]
 */
export function countDegraded(flagged: FlaggedDecisions | null, gates: Float32Array, topK: number): DegradedDecisions | null {
  if (flagged === null) return null;
  const counts = { renormalised: 0, nextBest: 0, generalist: 0 };
  for (const [at, position] of flagged.positions.entries()) {
    const flags = flagged.flags[at]!;
    if ((flags & DECISION_FLAGS.unavailable) === 0) continue;
    if ((flags & DECISION_FLAGS.generalist) !== 0) counts.generalist += 1;
    else if (gates[position * topK + topK - 1] === 0) counts.renormalised += 1;
    else counts.nextBest += 1;
  }
  return counts.renormalised + counts.nextBest + counts.generalist === 0 ? null : counts;
}
