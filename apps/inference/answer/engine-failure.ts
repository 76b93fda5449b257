import { badRequest, type OpenAiFailure } from '#libs/contract/openai/error';
import { EngineBusyError, type GenerateOutcome } from '#libs/runtime/engine/engine';
import { EngineRequestError, EngineUnavailableError, ReleaseNotLoadedError } from '#libs/runtime/engine/errors';

/** Why a request gets no answer, after it was admitted. */
export type NoAnswerReason = 'busy' | 'late' | 'refused' | 'cannot-run' | 'timed-out' | 'unavailable' | 'experts-exhausted' | 'engine-failed';

export interface NoAnswer {
  readonly reason: NoAnswerReason;
  readonly failure: OpenAiFailure;
}

function serverError(status: number, code: string, message: string, retryAfterSeconds?: number): OpenAiFailure {
  return { status, type: status === 429 ? 'rate_limit_error' : 'server_error', code, param: null, message, retryAfterSeconds };
}

const UNAVAILABLE: NoAnswer = {
  reason: 'unavailable',
  failure: serverError(503, 'engine_unavailable', 'The engine is starting or stopping. Retry in a moment.', 2),
};

const EXHAUSTED: NoAnswer = {
  reason: 'experts-exhausted',
  failure: serverError(503, 'experts_exhausted', 'Too few experts of this model are in service to answer. Retry in a moment.', 5),
};

/** The failure behind an error that the engine threw. */
export function failureOfError(error: unknown, requestId: string): NoAnswer {
  if (error instanceof EngineBusyError) return { reason: 'busy', failure: failureOfBusy(error) };
  if (error instanceof EngineRequestError) return { reason: 'cannot-run', failure: badRequest('invalid_value', error.param, error.message) };
  if (error instanceof EngineUnavailableError || error instanceof ReleaseNotLoadedError) return UNAVAILABLE;
  const message = `The engine failed on this request; the server's log tells why under ${requestId}.`;
  return { reason: 'engine-failed', failure: serverError(500, 'engine_failure', message) };
}

/** What is told of each refusal: 429 where the caller itself sends too much, or the queue can hold no more; 503 where the server is overloaded. */
const BUSY: Readonly<Record<EngineBusyError['reason'], readonly [status: 429 | 503, code: string, what: string]>> = {
  'queue-full': [429, 'rate_limit_exceeded', "The server's queue is full."],
  'tenant-queue': [429, 'rate_limit_exceeded', 'As many requests of this tenant wait as may.'],
  'tenant-delay': [429, 'rate_limit_exceeded', 'More of this tenant waits than the server can begin in time.'],
  'queue-delay': [503, 'server_overloaded', 'The server is overloaded: the request would wait too long.'],
  deadline: [503, 'deadline_unreachable', 'At the present pace the answer would come after its deadline.'],
};

export function failureOfBusy({ reason, retryAfterSeconds }: Pick<EngineBusyError, 'reason' | 'retryAfterSeconds'>): OpenAiFailure {
  const seconds = Math.max(1, Math.ceil(retryAfterSeconds));
  const [status, code, what] = BUSY[reason];
  return serverError(status, code, `${what} Retry after ${seconds} s.`, seconds);
}

const REPETITIVE: NoAnswer = {
  reason: 'refused',
  failure: badRequest('repetitive_prompt', null, 'The prompt repeats the same text again and again, which this server does not run. Shorten the repetition.'),
};

/** @param ran whether it had begun */
function late(ran: boolean): NoAnswer {
  const message = ran ? 'The answer was not complete at its deadline. Ask for fewer tokens, or for more time.' : 'The deadline passed while the request waited, or could no longer be met.';
  return { reason: 'late', failure: ran ? serverError(504, 'deadline_exceeded', message) : serverError(503, 'deadline_exceeded', `${message} Retry after 1 s.`, 1) };
}

/** Whether an outcome is an answer; null where it is. */
export function failureOfOutcome(outcome: Pick<GenerateOutcome, 'status' | 'failure' | 'reason' | 'promptRows'>, timedOut: boolean, requestId: string): NoAnswer | null {
  if (outcome.status === 'answered') return null;
  if (outcome.failure === 'experts-exhausted') return EXHAUSTED;
  if (outcome.status === 'failed') return failureOfError(null, requestId);
  if (outcome.reason === 'deadline') return late(outcome.promptRows > 0);
  if (outcome.reason === 'repetition') return REPETITIVE;
  if (!timedOut) return UNAVAILABLE;
  const message = 'The answer took longer than the server permits. Ask for fewer tokens.';
  return { reason: 'timed-out', failure: serverError(504, 'timeout', message) };
}
