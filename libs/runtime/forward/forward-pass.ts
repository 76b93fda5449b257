import { type ExpertMask } from '#libs/moe/expert-mask';
import { type ProbeOutcome } from '../health/expert-watch.ts';
import { type ForcedRoute } from './forced-routes.ts';

/** One sequence's KV cache, owned by the forward pass that made it. Opaque to the scheduler. */
export interface SequenceCache {
  readonly id: number;
  /** Positions already in the cache. */
  readonly length: number;
}

/** What routing may need to know of a request beside its tokens; the same for all items of a sequence. */
export interface RoutedRequest {
  /** Length of the whole prompt, which sets the capacity of its rows. */
  readonly promptTokens: number;
  /** Draws a release's gating noise. */
  readonly seed: number;
  /** Whose quotas count; null: those of nobody in particular. */
  readonly tenant: string | null;
  /** Every decision takes the release's generalist path. */
  readonly generalist: boolean;
}

/** Tokens of one sequence to run in a step, at the positions that follow its cache. */
export interface StepItem {
  readonly cache: SequenceCache;
  readonly tokens: Uint32Array;
  /** Index of the first token whose logits are wanted; tokens.length for none. */
  readonly logitsFrom: number;
  /** Experts that must not serve this sequence; left out or null for none. The same for all its items. */
  readonly expertMask?: ExpertMask | null;
  /** Experts to take in place of the router's, with the gates that the release's gating gives to them; left out or null: none. */
  readonly forced?: readonly ForcedRoute[] | null;
  /** Left out: no prompt, seed 0, no tenant, no generalist path. */
  readonly routed?: RoutedRequest;
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
  /** Why the item could not be served, so that its numbers mean nothing; null or left out where it was. */
  readonly failure?: 'experts-exhausted' | 'not-finite' | null;
  /** [token][layer]: gates of selections that no expert served for want of room; null or left out where there are none. */
  readonly lostMass?: Float32Array | null;
  /** [token][layer]: selections whose expert was full, whatever came of them; null or left out where there are none. */
  readonly overflow?: Uint16Array | null;
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
  /** Asks an expert whether it still gives what it gave when it was loaded; left out where experts cannot be asked one by one. */
  probe?(layer: number, expert: number): Promise<ProbeOutcome>;
  dispose(): Promise<void>;
}
