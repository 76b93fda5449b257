import { expNonPositive } from './exponential.ts';
import { selectTop } from './selection.ts';

/** The logits hold no usable number (all are NaN or -Infinity): the model's output is broken. */
export class NonFiniteLogitsError extends Error {
  override readonly name = 'NonFiniteLogitsError';
  constructor() {
    super('the model gave logits that are not finite; its weights or the engine are broken');
  }
}

/** Highest of `logits[base, base + size)`. Throws NonFiniteLogitsError unless it is finite. */
export function highestLogit(logits: Float32Array, base: number, size: number): number {
  let highest = -Infinity;
  for (let at = base; at < base + size; at++) {
    const logit = logits[at] as number;
    if (logit > highest) highest = logit;
  }
  if (!Number.isFinite(highest)) throw new NonFiniteLogitsError();
  return highest;
}

/** ln(sum(exp(logits))) of one row, in double precision, shifted by the maximum. */
export function logSumExp(logits: Float32Array, base: number, size: number): number {
  const highest = highestLogit(logits, base, size);
  let sum = 0;
  for (let at = base; at < base + size; at++) sum += expNonPositive((logits[at] as number) - highest);
  if (Number.isNaN(sum)) throw new NonFiniteLogitsError();
  return highest + Math.log(sum);
}

export interface RowLogprobs {
  readonly logprob: number;
  readonly topIds: Int32Array;
  readonly topLogprobs: Float64Array;
}

/**
 * Natural-log probabilities of one row, from the model's own distribution (before temperature,
 * penalties and filters): of `chosen`, and of the `alternatives` most likely tokens in order.
 */
export function rowLogprobs(logits: Float32Array, base: number, size: number, chosen: number, alternatives: number): RowLogprobs {
  const normaliser = logSumExp(logits, base, size);
  const ids = new Int32Array(Math.min(alternatives, size));
  const count = ids.length === 0 ? 0 : selectTop(logits, base, size, ids.length, -Infinity, ids);
  const topIds = ids.subarray(0, count);
  return {
    logprob: (logits[base + chosen] as number) - normaliser,
    topIds,
    topLogprobs: Float64Array.from(topIds, (id) => (logits[base + id] as number) - normaliser),
  };
}
