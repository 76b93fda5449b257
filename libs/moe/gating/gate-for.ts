import { type Gate } from './gate.ts';
import { gshardTop2 } from './gshard-top2.ts';
import { noisyTopK } from './noisy-topk.ts';
import { type SelectionGroups, sigmoidBias } from './sigmoid-bias.ts';
import { softmaxTopK } from './softmax-topk.ts';
import { switchTop1 } from './switch-top1.ts';
import { topKSigmoid } from './topk-sigmoid.ts';
import { topKSoftmax } from './topk-softmax.ts';
import { twoLevel } from './two-level.ts';

/** Gating rules that choose for one row at a time; `expert-choice` is not one. */
export const ROW_GATINGS = ['softmax-topk', 'switch-top1', 'gshard-top2', 'topk-softmax', 'topk-sigmoid', 'sigmoid-bias', 'noisy-topk', 'two-level'] as const;
export type RowGating = (typeof ROW_GATINGS)[number];

export interface GateSettings {
  readonly gating: RowGating;
  readonly experts: number;
  /** Experts that the rule chooses, without shared ones. */
  readonly topK: number;
  readonly normalise: boolean;
  readonly groups: SelectionGroups | null;
  /** [experts], for sigmoid-bias; null is all zero. */
  readonly bias: Float32Array | null;
}

export function gateFor({ gating, experts, topK, normalise, groups, bias }: GateSettings): Gate {
  switch (gating) {
    case 'softmax-topk': return softmaxTopK(normalise);
    case 'switch-top1': return switchTop1();
    case 'gshard-top2': return gshardTop2();
    case 'topk-softmax': return topKSoftmax();
    case 'topk-sigmoid': return topKSigmoid(normalise);
    case 'sigmoid-bias': return sigmoidBias(experts, bias ?? new Float32Array(experts), normalise, groups);
    case 'noisy-topk': return noisyTopK();
    case 'two-level': return twoLevel(experts, topK, groups ?? { groups: 1, keep: 1 });
  }
}
