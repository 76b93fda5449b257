import { maskFault } from '#libs/moe/expert-mask';
import { type RefusalReason } from './admission-settings.ts';
import { type EngineLimits, type GenerateRequest } from './engine.ts';
import { EngineRequestError } from './errors.ts';

/** What admission looks at. Times in milliseconds; null where nothing is known yet. */
export interface AdmissionState {
  /** Sequences of all requests admitted and not ended. */
  readonly sequences: number;
  /** Requests that run, and requests that wait for a free sequence. */
  readonly running: number;
  readonly waiting: number;
  /** Requests of the same tenant that wait. */
  readonly tenantWaiting: number;
  /** Mean time that a request ran, of late. */
  readonly meanServiceMs: number | null;
  /** How long the request would wait at the present pace. */
  readonly waitMs: number | null;
  /** Part of that wait that its own tenant's requests cause. */
  readonly ownWaitMs: number | null;
  /** How long it would run at the present pace. */
  readonly serviceMs: number | null;
  /** Time until its deadline; null for none. */
  readonly leftMs: number | null;
}

export interface AdmissionLimits {
  readonly maxSequences: number;
  readonly maxQueued: number;
  /** Most requests of one tenant that wait. */
  readonly maxTenantQueued: number;
  /** Longest wait; null: any. */
  readonly queueTargetMs: number | null;
}

export type Admission =
  | { readonly decision: 'run' }
  | { readonly decision: 'wait' }
  | { readonly decision: 'refuse'; readonly reason: RefusalReason; readonly retryAfterSeconds: number };

const LONGEST_RETRY_SECONDS = 600;
/** Part of the wait from which on it counts as the tenant's own doing. */
const OWN_DOING = 0.5;

/**
 * Whether a request with so many choices runs at once, waits, or is refused. What is refused here has cost
 * nothing yet: a request that would end too late is not begun.
 * @param continues its request has begun: only the length of the queue can refuse it
 */
export function decideAdmission(state: AdmissionState, choices: number, limits: AdmissionLimits, continues = false): Admission {
  const { waiting, tenantWaiting, waitMs, serviceMs, leftMs } = state;
  const runs = waiting === 0 && state.sequences + choices <= limits.maxSequences;
  const wait = runs ? 0 : waitMs;
  if (leftMs !== null && (leftMs <= 0 || (wait ?? 0) + (serviceMs ?? 0) > leftMs)) return refuse('deadline', Math.max((wait ?? 0) + (serviceMs ?? 0) - leftMs, 0));
  if (runs) return { decision: 'run' };
  if (waiting >= limits.maxQueued) return refuse('queue-full', paceMs(state));
  if (continues) return { decision: 'wait' };
  if (tenantWaiting >= limits.maxTenantQueued) return refuse('tenant-queue', state.ownWaitMs ?? paceMs(state));
  if (wait !== null && limits.queueTargetMs !== null && wait > limits.queueTargetMs) {
    const own = (state.ownWaitMs ?? 0) > OWN_DOING * wait;
    return refuse(own ? 'tenant-delay' : 'queue-delay', wait - limits.queueTargetMs);
  }
  return { decision: 'wait' };
}

function refuse(reason: RefusalReason, retryAfterMs: number): Admission {
  return { decision: 'refuse', reason, retryAfterSeconds: Math.min(Math.max(Math.ceil(retryAfterMs / 1000), 1), LONGEST_RETRY_SECONDS) };
}

/** Time in which the requests ahead end at the present pace: each running one frees a place per mean service time. */
function paceMs({ running, waiting, meanServiceMs, waitMs }: AdmissionState): number {
  return waitMs ?? ((meanServiceMs ?? 0) * (waiting + 1)) / Math.max(running, 1);
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
