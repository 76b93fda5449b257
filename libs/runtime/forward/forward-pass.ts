import { type ExpertMask } from '#libs/moe/expert-mask';

/** One sequence's KV cache, owned by the forward pass that made it. Opaque to the scheduler. */
export interface SequenceCache {
  readonly id: number;
  /** Positions already in the cache. */
  readonly length: number;
}

/** Tokens of one sequence to run in a step, at the positions that follow its cache. */
export interface StepItem {
  readonly cache: SequenceCache;
  readonly tokens: Uint32Array;
  /** Index of the first token whose logits are wanted; tokens.length for none. */
  readonly logitsFrom: number;
  /** Experts that must not serve this sequence; left out or null for none. The same for all its items. */
  readonly expertMask?: ExpertMask | null;
}

/** What one StepItem gave. */
export interface StepOutput {
  /** [tokens.length - logitsFrom][vocabSize], unscaled. */
  readonly logits: Float32Array;
  /** [token][layer][k], by descending gate. */
  readonly expertIds: Uint16Array;
  /** Same shape as expertIds. */
  readonly gates: Float32Array;
  /** [token][layer]: DECISION_FLAGS of libs/trace, 0 for the plain top-k; null or left out where no decision carries any. */
  readonly flags?: Uint8Array | null;
}

/** Time spent in one expert during a step: the observation behind per-expert latency. */
export interface ExpertTiming {
  readonly layer: number;
  readonly expert: number;
  readonly tokens: number;
  readonly durationMs: number;
}

/**
 * Runs tokens through one loaded release. An item's output depends on that item and its cache
 * alone, bit for bit, whatever else shares the step.
 */
export interface ForwardPass {
  open(): SequenceCache;
  /** A copy of the cache, for a further choice that shares the prompt. */
  fork(cache: SequenceCache): SequenceCache;
  close(cache: SequenceCache): void;
  /** Runs the items; steps never overlap. Items with several tokens must be no longer than chunkTokens. */
  step(items: readonly StepItem[]): Promise<StepOutput[]>;
  /** Timings since the last call; empties the buffer. */
  drainTimings(): ExpertTiming[];
  /** Weights by component and KV cache, in bytes. */
  memory(): { readonly weightBytes: Readonly<Record<string, number>>; readonly cacheBytes: number };
  /** How many of its sessions were made for it, and how many it shares with releases loaded before. */
  readonly sessions?: { readonly made: number; readonly shared: number };
  dispose(): Promise<void>;
}
