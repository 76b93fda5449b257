import { type AppliedRules, type Segment } from '#libs/contract/capture/request-record';
import { type OpenAiFailure } from '#libs/contract/openai/error';
import { type Principal } from '#libs/platform/auth/scopes';
import { type GenerateRequest } from '#libs/runtime/engine/engine';
import { type ExpertMask } from '#libs/moe/expert-mask';
import { type AnswerRules, type AnswerSchemas } from '../structured/answer-schemas.ts';
import { type ServedRelease } from '../models/served-release.ts';
import { type RequestLabels } from './request-labels.ts';

/** Which way a request takes in place of the usual one. */
export type DegradedWay =
  | { readonly path: 'generalist'; readonly insteadOf: null }
  /** Answered by a dense model, in place of the release that was to. */
  | { readonly path: 'dense'; readonly insteadOf: ServedRelease };

/** What admission must know besides the body. */
export interface AdmissionFacts {
  readonly requestId: string;
  /** Who asks. */
  readonly principal: Principal;
  /** On the monotonic clock; null for none. */
  readonly deadlineMs: number | null;
  readonly labels: RequestLabels;
  /** What the data rules say of these labels on this release. */
  readonly ruling: { readonly mask: ExpertMask | null; readonly applied: AppliedRules | null };
  readonly release: ServedRelease;
  /** Whether it named this release itself. */
  readonly isPinned: boolean;
  readonly limits: AdmissionLimits;
  /** Reads what answers must keep to. */
  readonly schemas: Pick<AnswerSchemas, 'of'>;
  /** Used where the request names no seed. */
  readonly seed: number;
  /** The way that it takes in place of the usual one; null for that. */
  readonly degraded: DegradedWay | null;
}

export interface AdmissionLimits {
  /** Prompts times n, in one request. */
  readonly choicesPerRequest: number;
  /** Alternatives for each token; -1: the whole vocabulary. */
  readonly maxLogprobs: number;
  /** Alternatives in one answer, over all its tokens. */
  readonly logprobEntries: number;
  /** A longer text is refused before it is tokenised. */
  readonly charactersPerContextToken: number;
}

export interface AdmittedPrompt {
  readonly request: GenerateRequest;
  /** Text that echo repeats. */
  readonly text: string;
}

/** A request that may run: one generation for each prompt, all on one release. */
export interface AdmittedRequest {
  readonly kind: 'completion' | 'chat';
  readonly requestId: string;
  readonly release: ServedRelease;
  readonly labels: RequestLabels;
  readonly segment: Segment;
  /** Whether it named its release itself; it is recorded, and judged by nobody. */
  readonly isPinned: boolean;
  readonly degraded: DegradedWay | null;
  /** Data rules that hold for it to its end; null where the model has none. */
  readonly rules: AppliedRules | null;
  readonly prompts: readonly AdmittedPrompt[];
  /** n: choices for each prompt. */
  readonly choices: number;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly echo: boolean;
  readonly logprobs: boolean;
  readonly tokensAsIds: boolean;
  readonly routedExperts: boolean;
  /** What each answer must keep to; null: it is free. */
  readonly answerRules: AnswerRules | null;
}

export type Admission = { readonly admitted: AdmittedRequest } | { readonly refused: OpenAiFailure };
