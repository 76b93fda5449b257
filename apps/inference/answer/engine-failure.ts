import { badRequest, type OpenAiFailure } from '#libs/contract/openai/error';
import { EngineBusyError, type GenerateOutcome } from '#libs/runtime/engine/engine';
import { EngineRequestError, EngineUnavailableError, ReleaseNotLoadedError } from '#libs/runtime/engine/errors';

/** Why a request gets no answer, after it was admitted. */
export type NoAnswerReason = 'queue-full' | 'cannot-run' | 'timed-out' | 'unavailable' | 'engine-failed';

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

/** The failure behind an error that the engine threw. */
export function failureOfError(error: unknown, requestId: string): NoAnswer {
  if (error instanceof EngineBusyError) {
    const seconds = Math.max(1, Math.ceil(error.retryAfterSeconds));
    const message = `The server's queue is full. Retry after ${seconds} s.`;
    return { reason: 'queue-full', failure: serverError(429, 'rate_limit_exceeded', message, seconds) };
  }
  if (error instanceof EngineRequestError) return { reason: 'cannot-run', failure: badRequest('invalid_value', error.param, error.message) };
  if (error instanceof EngineUnavailableError || error instanceof ReleaseNotLoadedError) return UNAVAILABLE;
  const message = `The engine failed on this request; the server's log tells why under ${requestId}.`;
  return { reason: 'engine-failed', failure: serverError(500, 'engine_failure', message) };
}

/** Whether an outcome is an answer; null where it is. */
export function failureOfOutcome(outcome: Pick<GenerateOutcome, 'status'>, timedOut: boolean, requestId: string): NoAnswer | null {
  if (outcome.status === 'answered') return null;
  if (outcome.status === 'failed') return failureOfError(null, requestId);
  if (!timedOut) return UNAVAILABLE;
  const message = 'The answer took longer than the server permits. Ask for fewer tokens.';
  return { reason: 'timed-out', failure: serverError(504, 'timeout', message) };
}
