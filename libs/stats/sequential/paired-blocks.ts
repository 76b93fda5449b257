/** Observations of two arms that wait until both have one. */
export interface OpenBlock {
  treated: number;
  treatedSum: number;
  control: number;
  controlSum: number;
}

export type Arm = 'treated' | 'control';

export function openBlock(): OpenBlock {
  return { treated: 0, treatedSum: 0, control: 0, controlSum: 0 };
}

/**
 * Adds an observation in [0, 1] and closes the block as soon as it holds both arms: gives the treated mean
 * less the control mean, in [-1, 1], or null while it is open. An arm with few requests is compared with
 * the mean of all requests of the other one since its last, so none is thrown away. When a block closes
 * depends only on which arm requests went to, so given the past its mean is the difference of the arms'
 * means; a change over time that meets both arms cancels (Shekhar & Ramdas 2023, section 2, batched).
 */
export function addToBlock(block: OpenBlock, arm: Arm, x: number): number | null {
  if (arm === 'treated') {
    block.treated += 1;
    block.treatedSum += x;
  } else {
    block.control += 1;
    block.controlSum += x;
  }
  if (block.treated === 0 || block.control === 0) return null;
  const difference = block.treatedSum / block.treated - block.controlSum / block.control;
  Object.assign(block, openBlock());
  return difference;
}
