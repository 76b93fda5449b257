import { maskFault } from '#libs/moe/expert-mask';
import { type EngineLimits, type GenerateRequest } from './engine.ts';
import { EngineRequestError } from './errors.ts';

/** What admission looks at. */
export interface AdmissionState {
  /** Sequences of all requests admitted and not ended. */
  readonly sequences: number;
  /** Requests that run, and requests that wait for a free sequence. */
  readonly running: number;
  readonly waiting: number;
  /** Mean time that a request ran, of late; null before the first one ended. */
  readonly meanServiceMs: number | null;
}

export type Admission =
  | { readonly decision: 'run' }
  | { readonly decision: 'wait' }
  | { readonly decision: 'busy'; readonly retryAfterSeconds: number };

const LONGEST_RETRY_SECONDS = 600;

/** Whether a request with so many choices runs at once, waits, or is sent away for now. */
export function decideAdmission(state: AdmissionState, choices: number, limits: Pick<EngineLimits, 'maxSequences' | 'maxQueued'>): Admission {
  if (state.waiting === 0 && state.sequences + choices <= limits.maxSequences) return { decision: 'run' };
  if (state.waiting < limits.maxQueued) return { decision: 'wait' };
  return { decision: 'busy', retryAfterSeconds: retryAfterSeconds(state) };
}

/** Time in which the requests ahead end at the present pace: each running one frees a place per mean service time. */
function retryAfterSeconds({ running, waiting, meanServiceMs }: AdmissionState): number {
  const seconds = ((meanServiceMs ?? 0) * (waiting + 1)) / Math.max(running, 1) / 1000;
  return Math.min(Math.max(Math.ceil(seconds), 1), LONGEST_RETRY_SECONDS);
}

/** Throws EngineRequestError when the request could never run. */
export function checkRequest(
  request: GenerateRequest,
  shape: { readonly vocabSize: number; readonly contextTokens: number; readonly layers: number; readonly experts: number },
  limits: Pick<EngineLimits, 'maxSequences'>,
): void {
  const { promptTokens, choices, expertMask } = request;
  if (promptTokens.length === 0) throw new EngineRequestError('prompt', 'the prompt has no tokens; give at least one');
  if (promptTokens.length > shape.contextTokens) {
    throw new EngineRequestError('prompt', `the prompt has ${promptTokens.length} tokens; this model's context holds ${shape.contextTokens}`);
  }
  for (const id of promptTokens) {
    if (id >= shape.vocabSize) throw new EngineRequestError('prompt', `token id ${id} is not below the vocabulary size ${shape.vocabSize}`);
  }
  if (choices < 1 || choices > limits.maxSequences) {
    throw new EngineRequestError('n', `n is ${choices}; this engine decodes 1 to ${limits.maxSequences} sequences together`);
  }
  // A mask that does not fit would fail a step, and with it the requests beside this one.
  const fault = expertMask ? maskFault(expertMask, shape.layers, shape.experts) : null;
  if (fault !== null) throw new EngineRequestError('expertMask', `${fault}; make it from the release that serves the request`);
}

/** Tokens that may be sampled: what was asked, clipped to the context, in which the last one needs no place. */
export function tokenBudget(maxTokens: number, promptTokens: number, contextTokens: number): number {
  return Math.max(Math.min(maxTokens, contextTokens - promptTokens + 1), 0);
}
