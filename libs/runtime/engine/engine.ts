import { type ExpertMask } from '#libs/moe/expert-mask';
import { type FailureReason } from '../health/circuit.ts';
import { type PlacementCounts } from '../placement/expert-placement.ts';
import { type AnswerGrammar } from '../grammar/answer-grammar.ts';
import { type ReleaseManifest, type Sha256Paths } from './release-source.ts';
import { type SamplerSettings } from '../sampling/penalties.ts';
import { type AdmissionFigures, type AdmissionSettings, type EndReason, type RefusalReason } from './admission-settings.ts';

/** Sampling settings, already validated and defaulted. */
export type SamplingSettings = SamplerSettings;

export interface GenerateRequest {
  readonly id: string;
  readonly releaseId: string;
  readonly promptTokens: Uint32Array;
  readonly choices: number;
  readonly maxTokens: number;
  /** Texts that end the answer; not part of it. */
  readonly stop: readonly string[];
  readonly stopTokenIds: readonly number[];
  readonly ignoreEos: boolean;
  readonly sampling: SamplingSettings;
  /** Alternatives wanted with each generated token; null for no logprobs at all. */
  readonly logprobs: number | null;
  /** Alternatives wanted with each prompt token; null for none. */
  readonly promptLogprobs: number | null;
  /** Experts that must not serve this request; null or left out for none. */
  readonly expertMask?: ExpertMask | null;
  /** What the answer must keep to; null or left out for none. Its end is told by the grammar, so stop texts do not apply. */
  readonly grammar?: AnswerGrammar | null;
  /** Who it is for: places are shared out fairly between tenants. Left out: one tenant for all. */
  readonly tenant?: string;
  /** Monotonic time after which nobody waits for the answer; null or left out for none. */
  readonly deadlineMs?: number | null;
  /** Belongs to a request of which another prompt has begun: not refused for what it would wait. */
  readonly continues?: boolean;
  /** Every decision takes the release's generalist path. */
  readonly generalist?: boolean;
}

/** Decisions that are not the plain top-k, in order. */
export interface FlaggedDecisions {
  /** row x layers + layer of each. */
  readonly positions: Uint32Array;
  /** DECISION_FLAGS of libs/trace of each, never 0. */
  readonly flags: Uint8Array;
}

/** What capacity and quotas did to a request, by layer; layers where they did nothing are left out. */
export interface LayerOverflow {
  readonly layer: number;
  /** Selections whose expert was full, whatever came of them. */
  readonly selections: number;
  /** Gates of those that no expert served, before the release's scale. */
  readonly lostGateMass: number;
}

/** Decisions whose router would have taken an unavailable expert, by what served instead. */
export interface DegradedDecisions {
  /** The selected experts that were left. */
  readonly renormalised: number;
  /** Other experts, by score. */
  readonly nextBest: number;
  /** The layer's generalist. */
  readonly generalist: number;
}

/**
 * Why a generation failed, where the caller can do something about it. experts-exhausted: too few
 * experts of a layer are left, or the release's ladder ends in `dense`; another model may answer.
 * not-finite: the model gave numbers that are not finite though every expert's were.
 */
export type GenerateFailure = 'experts-exhausted' | 'not-finite';

/** Natural-log probability of one token, with its text as bytes decode it alone. */
export interface TokenLogprob {
  readonly tokenId: number;
  readonly text: string;
  readonly bytes: readonly number[];
  readonly logprob: number;
}

export interface PositionLogprobs extends TokenLogprob {
  readonly top: readonly TokenLogprob[];
}

/** What a request's generation reports, in this order: started, delta..., finished. */
export type GenerateEvent =
  | { readonly type: 'started'; readonly queueWaitMs: number }
  | {
      readonly type: 'prompt-logprobs';
      /** One for each prompt token; the first is null, nothing predicts it. */
      readonly positions: readonly (PositionLogprobs | null)[];
    }
  | {
      readonly type: 'delta';
      readonly choice: number;
      /** Text that is certain: neither half a character nor a possible start of a stop text. */
      readonly text: string;
      /** Tokens as they are sampled, an ending token included, though their text may come later or never. */
      readonly tokenIds: readonly number[];
      /** One for each of tokenIds, from the model's distribution before sampling settings. */
      readonly logprobs: readonly PositionLogprobs[] | null;
    }
  | { readonly type: 'choice-finished'; readonly choice: number; readonly reason: 'stop' | 'length'; readonly stopText: string | null }
  | { readonly type: 'finished'; readonly outcome: GenerateOutcome };

/** The end of a generation, whether answered, cancelled or failed; always the last event. */
export interface GenerateOutcome {
  readonly status: 'answered' | 'cancelled' | 'failed';
  readonly error: string | null;
  /** Why the engine itself ended it; left out where it did not. */
  readonly reason?: EndReason;
  /** Its prompt ran through the same few experts again and again; left out where it did not. */
  readonly isRepetition?: boolean;
  readonly promptTokens: number;
  /** Of these, tokens that did not run again, as a prompt before began with them; left out for none. Their rows are in the trace like all others. */
  readonly cachedTokens?: number;
  /** Sampled tokens of all choices, ending tokens included. */
  readonly completionTokens: number;
  /** Routed rows: see RoutingTrace in libs/trace. */
  readonly promptRows: number;
  readonly choiceRows: readonly number[];
  readonly tokenIds: Uint32Array;
  readonly expertIds: Uint16Array;
  readonly gates: Float32Array;
  /** null where every decision is the plain top-k. */
  readonly flagged: FlaggedDecisions | null;
  /** null or left out where no expert was full. */
  readonly overflow?: readonly LayerOverflow[] | null;
  /** null or left out where every selected expert was available. */
  readonly degraded?: DegradedDecisions | null;
  /** Set where the status is failed and the reason is one of these. */
  readonly failure?: GenerateFailure | null;
  readonly timing: {
    readonly queueWaitMs: number;
    readonly timeToFirstTokenMs: number | null;
    readonly prefillMs: number;
    readonly decodeMs: number;
  };
}

/** The engine does not take the request now: say so and when to come back. */
export class EngineBusyError extends Error {
  override readonly name = 'EngineBusyError';
  readonly retryAfterSeconds: number;
  readonly reason: RefusalReason;
  constructor(retryAfterSeconds: number, reason: RefusalReason = 'queue-full') {
    super(`the engine is busy (${reason}); retry after ${retryAfterSeconds} s`);
    this.retryAfterSeconds = retryAfterSeconds;
    this.reason = reason;
  }
}

/** Limits of the engine, over all its releases together. */
export interface EngineLimits {
  /** Sequences decoded together. */
  readonly maxSequences: number;
  /** Requests waiting beyond those. */
  readonly maxQueued: number;
  readonly prefillChunkTokens: number;
  readonly threads: number;
  /** DEFAULT_ADMISSION where left out. */
  readonly admission?: AdmissionSettings;
}

/** Figures since the last call: one latency sketch for each expert, mergeable. */
export interface ExpertFigures {
  readonly layer: number;
  readonly expert: number;
  readonly tokens: number;
  readonly runs: number;
  /** DDSketch, protobuf encoding of @datadog/sketches-js, of seconds per run. */
  readonly latencySketch: Uint8Array;
}

/** What one release holds. What it shares with others counts here too. */
export interface ReleaseStatus {
  readonly releaseId: string;
  readonly weightBytes: Readonly<Record<string, number>>;
  readonly cacheBytes: number;
  /** Sessions that were made for it, and sessions that another release had made before. */
  readonly sessions: { readonly made: number; readonly shared: number };
}

export interface EngineStatus {
  readonly running: number;
  readonly queued: number;
  /** Weights in memory, bytes: a component version that several releases hold counts once. */
  readonly weightBytes: number;
  /** Inference sessions of all releases: held now; made, and shared instead of being made, since the engine's start. */
  readonly sessions: { readonly resident: number; readonly made: number; readonly shared: number };
  readonly releases: readonly ReleaseStatus[];
  /** Of experts within a budget of memory; null or left out where all stay in memory. */
  readonly placement?: PlacementCounts | null;
  /** Left out by an engine that keeps no account. */
  readonly admission?: AdmissionFigures;
}

/** An expert that does not serve, or has just begun to recover. */
export interface ExpertCondition {
  readonly layer: number;
  readonly expert: number;
  /** quarantined: by order. open: it failed and waits for a probe. half-open: probes go well; it serves after a few. */
  readonly state: 'quarantined' | 'open' | 'half-open';
  /** Why its circuit is open; null where it is quarantined and well. */
  readonly reason: FailureReason | null;
  /** Unix time; of the quarantine where that is its state. */
  readonly sinceMs: number;
  /** Unix time of the next probe; null where none is planned. */
  readonly probeAtMs: number | null;
}

/** Which experts of a release serve. */
export interface ReleaseHealthReport {
  /** Those that are not plainly healthy, by layer and expert. */
  readonly experts: readonly ExpertCondition[];
  readonly counts: { readonly healthy: number; readonly quarantined: number; readonly open: number; readonly halfOpen: number };
  /** Failures since the release was loaded, by reason. */
  readonly failures: Readonly<Record<FailureReason, number>>;
  /** Layers with fewer experts left than the limit: requests fail with `experts-exhausted`. */
  readonly exhaustedLayers: readonly number[];
}

/** The engine as the inference app sees it. */
export interface Engine {
  /** Loads, warms and verifies a release; resolves when it can answer. */
  load(releaseId: string, manifest: ReleaseManifest, components: Sha256Paths): Promise<void>;
  unload(releaseId: string): Promise<void>;
  /**
   * Starts a generation. Throws EngineBusyError when it is not taken now. Aborting the signal frees
   * its place; the `finished` event still comes, with the rows routed so far.
   */
  generate(request: GenerateRequest, signal: AbortSignal): AsyncIterable<GenerateEvent>;
  drainFigures(releaseId: string): Promise<ExpertFigures[]>;
  /**
   * From the next step on, no token of the release goes to the masked experts; null ends it. Nothing
   * is loaded again. It outlives a restart of the engine's thread, and of a release that is not loaded
   * it is kept for when it is. A layer that is left without experts makes requests fail with `experts-exhausted`.
   * @throws RangeError where the mask does not fit the release's shape
   */
  quarantine(releaseId: string, mask: ExpertMask | null): Promise<void>;
  health(releaseId: string): Promise<ReleaseHealthReport>;
  status(): EngineStatus;
  /** Stops admitting, lets running requests end within the given time, then ends. */
  close(graceMs: number): Promise<void>;
}
