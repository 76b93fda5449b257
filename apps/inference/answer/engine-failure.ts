import { type OpenAiFailure } from '#libs/contract/openai/error';
import { EngineBusyError, type GenerateOutcome } from '#libs/runtime/engine/engine';

/** Why a request gets no answer, after it was admitted. */
export type NoAnswerReason = 'queue-full' | 'timed-out' | 'stopping' | 'engine-failed';

export interface NoAnswer {
  readonly reason: NoAnswerReason;
  readonly failure: OpenAiFailure;
}

function noAnswer(reason: NoAnswerReason, status: number, code: string, message: string, retryAfterSeconds?: number): NoAnswer {
  const type = status === 429 ? 'rate_limit_error' : 'server_error';
  return { reason, failure: { status, type, code, param: null, message, retryAfterSeconds } };
}

/** The failure behind an error that the engine threw. */
export function failureOfError(error: unknown, requestId: string): NoAnswer {
  if (error instanceof EngineBusyError) {
    const seconds = Math.max(1, Math.ceil(error.retryAfterSeconds));
    return noAnswer('queue-full', 429, 'rate_limit_exceeded', `The server's queue is full. Retry after ${seconds} s.`, seconds);
  }
  return noAnswer('engine-failed', 500, 'engine_failure', `The engine failed on this request; the server's log tells why under ${requestId}.`);
}

/** Whether an outcome is an answer; null where it is. */
export function failureOfOutcome(outcome: Pick<GenerateOutcome, 'status'>, timedOut: boolean, requestId: string): NoAnswer | null {
  if (outcome.status === 'answered') return null;
  if (outcome.status === 'failed') return failureOfError(null, requestId);
  if (timedOut) return noAnswer('timed-out', 504, 'timeout', 'The answer took longer than the server permits. Ask for fewer tokens.');
  return noAnswer('stopping', 503, 'server_stopping', 'The server is stopping. Retry in a moment.', 5);
}
