/** Labels by which traffic is cut; empty text where the request gave none. */
export interface Segment {
  readonly tenant: string;
  readonly task: string;
  readonly language: string;
}

/** Longest list of rule ids in a record. */
export const MAX_APPLIED_RULES = 100;

/** Which data rules held for a request: with it anybody can decide again what the request might use. */
export interface AppliedRules {
  /** SHA-256 that names the rule set, 64 hexadecimal digits. */
  readonly digest: string;
  /** Experts of the release that the request must not use. */
  readonly maskedExperts: number;
  /** Rules that masked them, the first MAX_APPLIED_RULES. */
  readonly ruleIds: readonly string[];
  /** What rules look at besides the tenant; empty text where the request said nothing. */
  readonly labels: { readonly region: string; readonly dataClass: string; readonly licence: string };
}

/** What is known of one served request besides its trace. Kept in clear, so it holds no content. */
export interface RequestRecord {
  /** UUID, also in the x-request-id header. */
  readonly requestId: string;
  /** Epoch milliseconds at admission: decides the day partition and the roll-up minute. */
  readonly atMs: number;
  readonly model: string;
  readonly releaseId: string;
  readonly segment: Segment;
  readonly status: 'answered' | 'cancelled' | 'failed';
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly queueWaitMs: number;
  readonly timeToFirstTokenMs: number | null;
  readonly durationMs: number;
  /** W3C traceparent of the span that recorded it, so that the write joins the request's trace. */
  readonly traceparent: string | null;
  /** Left out or null where the model had no data rules. */
  readonly rules?: AppliedRules | null;
  /** true: the request named its release itself, so it says nothing of the traffic. Left out for all others. */
  readonly pinned?: true;
  /** It took another way than usual. Left out for all others. */
  readonly degraded?: DegradedRecord;
  /** How its answers kept to the response format that it asked for, the worst of them; left out where it asked for none or was not answered. */
  readonly answerCheck?: AnswerResult;
  /** Why no trace is kept of it: what comes with the record adds up to its usage and has no order. Left out where a trace is kept. */
  readonly noTrace?: NoTraceReason;
}

export const NO_TRACE_REASONS = ['not-sampled', 'aggregate-level', 'aggregate-model', 'aggregate-data-class'] as const;
export type NoTraceReason = (typeof NO_TRACE_REASONS)[number];

/** incomplete: an answer ended before its value did. */
export const ANSWER_RESULTS = ['valid', 'invalid', 'incomplete'] as const;
export type AnswerResult = (typeof ANSWER_RESULTS)[number];

/** generalist: all its decisions took the release's generalist path. dense: this model answered in place of the one that was asked for. */
export type DegradedRecord = { readonly path: 'generalist' } | { readonly path: 'dense'; readonly askedModel: string };

/** One request as it travels from inference to the database: the record and its sealed trace. */
export interface CapturedRequest {
  readonly record: RequestRecord;
  /** Packed trace (libs/trace), sealed with AES-256-GCM (libs/record), bound to the request id. */
  readonly sealedTrace: Uint8Array;
}

/** Name of the queue that carries batches of captured requests. */
export const CAPTURE_QUEUE = 'capture';

/**
 * A job on the capture queue. The batch id makes the write idempotent. `spool` names bytes on a
 * disk that inference and pipeline share; `inline` carries them.
 */
export type CaptureJob = {
  readonly version: 1;
  readonly batchId: string;
  readonly requests: number;
} & (
  | { readonly transport: 'spool'; readonly directory: string; readonly file: string; readonly bytes: number; readonly sha256: string }
  | { readonly transport: 'inline'; readonly data: string; readonly sha256: string }
);
