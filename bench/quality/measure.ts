import { type ForwardPass, type StepOutput } from '#libs/runtime/forward/forward-pass';
import { type Window } from './text.ts';

/** What a release gave over some windows, beside a reference. */
export class Measured {
  #nats = 0;
  #bytes = 0;
  #tokens = 0;
  #divergenceNats = 0;
  #decisions = 0;
  #changed = 0;
  #ms = 0;

  get bitsPerByte(): number {
    return this.#nats / Math.LN2 / this.#bytes;
  }

  /** KL divergence of the next token from the reference's, in bits per token; null without a reference. */
  get divergenceBits(): number | null {
    return this.#divergenceNats / Math.LN2 / this.#tokens;
  }

  /** Share of decisions (a token in a layer) whose set of experts differs from the reference's; null where none can be compared. */
  get changedDecisions(): number | null {
    return this.#decisions === 0 ? null : this.#changed / this.#decisions;
  }

  get tokensPerSecond(): number {
    return (this.#tokens / this.#ms) * 1000;
  }

  add({ tokens, bytes }: Window, own: StepOutput, reference: StepOutput, layers: number, ms: number): void {
    const vocabulary = own.logits.length / (tokens.length - 1);
    for (let at = 0; at < tokens.length - 1; at += 1) {
      const mine = own.logits.subarray(at * vocabulary, (at + 1) * vocabulary);
      const logTotal = logSumExp(mine);
      this.#nats += logTotal - mine[tokens[at + 1]!]!;
      if (own !== reference) this.#divergenceNats += divergence(reference.logits.subarray(at * vocabulary, (at + 1) * vocabulary), mine, logTotal);
    }
    this.#bytes += bytes;
    this.#tokens += tokens.length - 1;
    this.#ms += ms;
    if (own.expertIds.length === reference.expertIds.length) this.#compareDecisions(own.expertIds, reference.expertIds, (tokens.length - 1) * layers);
  }

  #compareDecisions(own: Uint16Array, reference: Uint16Array, decisions: number): void {
    const topK = own.length / decisions;
    for (let at = 0; at < own.length; at += topK) {
      const chosen = new Set(reference.subarray(at, at + topK));
      if (!own.subarray(at, at + topK).every((expert) => chosen.has(expert))) this.#changed += 1;
    }
    this.#decisions += decisions;
  }
}

/** Runs all tokens of a window but the last, which is only predicted. */
export async function runWindow(forward: ForwardPass, { tokens }: Window): Promise<StepOutput> {
  const cache = forward.open();
  const [output] = await forward.step([{ cache, tokens: tokens.subarray(0, -1), logitsFrom: 0 }]);
  forward.close(cache);
  if (output!.flags?.some((flag) => flag !== 0)) throw new Error('an expert was out of service; the figures would not be those of the release');
  return output!;
}

function logSumExp(logits: Float32Array): number {
  let max = -Infinity;
  for (const value of logits) if (value > max) max = value;
  let sum = 0;
  for (const value of logits) sum += Math.exp(value - max);
  return max + Math.log(sum);
}

/** sum p log(p / q) in nats, p of the reference. */
function divergence(reference: Float32Array, own: Float32Array, ownLogTotal: number): number {
  const logTotal = logSumExp(reference);
  let sum = 0;
  for (let at = 0; at < own.length; at += 1) {
    const logP = reference[at]! - logTotal;
    sum += Math.exp(logP) * (logP - (own[at]! - ownLogTotal));
  }
  return sum;
}
