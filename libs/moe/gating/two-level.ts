import { chooseBest, type Gate } from './gate.ts';
import { type SelectionGroups } from './sigmoid-bias.ts';

/**
 * Hierarchical mixture (Shazeer et al. 2017, appendix B; Jordan and Jacobs 1994): a primary gate over
 * groups, a secondary gate in each, gate_e = primary(group of e) * secondary(e within its group). Each
 * is a softmax over what it kept: `keep` groups, and topK / keep experts of each.
 *
 * The paper's primary gate has weights of its own. A router here has one row for each expert, so a
 * group's logit is the mean of its experts' logits: a linear gate whose row is the mean of theirs.
 * The mean is over the group's open experts; a group without any is left out.
 */
export function twoLevel(experts: number, topK: number, { groups, keep }: SelectionGroups): Gate {
  const size = experts / groups;
  const perGroup = topK / keep;
  const primary = new Float64Array(groups);
  const kept = new Uint16Array(keep);
  const members = new Float64Array(experts);
  const best = new Uint16Array(perGroup);
  const groupOf = (expert: number): number => Math.floor(expert / size);
  const rateGroups = (logits: Float64Array, open: Uint8Array): void => {
    for (let group = 0; group < groups; group++) {
      let sum = 0;
      let count = 0;
      for (let expert = group * size; expert < (group + 1) * size; expert++) {
        if (open[expert] !== 1) continue;
        sum += logits[expert]!;
        count++;
      }
      primary[group] = count === 0 ? -Infinity : sum / count;
    }
  };
  return {
    score: (logits, open, scores) => {
      rateGroups(logits, open);
      // What is not kept comes after all that is, by the same product: the next best for whoever needs one.
      let largest = -Infinity;
      for (let group = 0; group < groups; group++) largest = Math.max(largest, primary[group]!);
      for (let group = 0; group < groups; group++) rateMembers(logits, open, scores, group * size, size, Math.exp(primary[group]! - largest));
      const keptCount = chooseBest(primary, keep, kept);
      for (let at = 0; at < keptCount; at++) {
        const from = kept[at]! * size;
        members.fill(-Infinity);
        for (let expert = from; expert < from + size; expert++) if (open[expert] === 1) members[expert] = logits[expert]!;
        const count = chooseBest(members, perGroup, best);
        for (let rank = 0; rank < count; rank++) scores[best[rank]!] = scores[best[rank]!]! + CHOSEN;
      }
    },
    weigh: (logits, open, chosen, count, gates) => {
      rateGroups(logits, open);
      let largest = -Infinity;
      for (let rank = 0; rank < count; rank++) largest = Math.max(largest, primary[groupOf(chosen[rank]!)]!);
      let sum = 0;
      for (let group = 0; group < groups; group++) if (firstOf(chosen, count, group, groupOf) >= 0) sum += Math.exp(primary[group]! - largest);
      for (let rank = 0; rank < count; rank++) {
        const group = groupOf(chosen[rank]!);
        gates[rank] = (Math.exp(primary[group]! - largest) / sum) * within(logits, chosen, count, chosen[rank]!, groupOf);
      }
    },
  };
}

/** More than any product of two probabilities. */
const CHOSEN = 2;

/** scores = weight of the group * softmax within it, over its open experts. */
function rateMembers(logits: Float64Array, open: Uint8Array, scores: Float64Array, from: number, size: number, weight: number): void {
  let largest = -Infinity;
  for (let expert = from; expert < from + size; expert++) if (open[expert] === 1) largest = Math.max(largest, logits[expert]!);
  let sum = 0;
  for (let expert = from; expert < from + size; expert++) if (open[expert] === 1) sum += Math.exp(logits[expert]! - largest);
  for (let expert = from; expert < from + size; expert++) scores[expert] = open[expert] === 1 ? (weight * Math.exp(logits[expert]! - largest)) / sum : -Infinity;
}

/** Softmax of one chosen expert among the chosen of its group. */
function within(logits: Float64Array, chosen: Uint16Array, count: number, expert: number, groupOf: (expert: number) => number): number {
  let largest = -Infinity;
  for (let rank = 0; rank < count; rank++) if (groupOf(chosen[rank]!) === groupOf(expert)) largest = Math.max(largest, logits[chosen[rank]!]!);
  let sum = 0;
  for (let rank = 0; rank < count; rank++) if (groupOf(chosen[rank]!) === groupOf(expert)) sum += Math.exp(logits[chosen[rank]!]! - largest);
  return Math.exp(logits[expert]! - largest) / sum;
}

function firstOf(chosen: Uint16Array, count: number, group: number, groupOf: (expert: number) => number): number {
  for (let rank = 0; rank < count; rank++) if (groupOf(chosen[rank]!) === group) return rank;
  return -1;
}
