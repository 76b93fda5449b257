import { pause } from '../pause.ts';

/** Times that a request is sent in all. */
const MAX_SENDS = 4;
/** Before the second send; doubled before each further one. */
const FIRST_PAUSE_MS = 250;

/** Codes by which a connection broke after it stood, so that the server may have acted. */
const BROKEN = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);
/** Codes by which no connection came about. */
const NOT_MADE = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']);

/** The connection broke, and no further send got the answer: what the server did is not known. */
export class AnswerLost extends Error {
  override readonly name = 'AnswerLost';
}

/**
 * Sends again what the server runs once, when the connection breaks before the whole answer is there.
 * A server that cannot be reached at all is asked once: only after a break may it be about to come back.
 * `isRunning` tells an answer that says the first send still runs.
 * @throws AnswerLost after the last send; whatever `send` throws besides broken connections
 */
export async function resend<T>(send: () => Promise<T>, isRunning: (answer: T) => boolean, signal: AbortSignal): Promise<T> {
  for (let sends = 1, pauseMs = FIRST_PAUSE_MS; ; sends += 1, pauseMs *= 2) {
    try {
      const answer = await send();
      if (sends === 1 || !isRunning(answer)) return answer;
      if (sends === MAX_SENDS) throw new AnswerLost('the first send still runs');
    } catch (error) {
      const code = codeOf(error);
      if (signal.aborted || !(BROKEN.has(code) || (sends > 1 && NOT_MADE.has(code)))) throw error;
      if (sends === MAX_SENDS) throw new AnswerLost('the connection broke', { cause: error });
    }
    await pause(pauseMs, signal);
  }
}

/** What Node says of the socket; fetch wraps it once, and a host with several addresses fails once for each. */
function codeOf(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return inner instanceof Error && 'code' in inner && typeof inner.code === 'string' ? inner.code : '';
}
