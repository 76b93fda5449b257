import { badRequest, type OpenAiFailure } from '#libs/contract/openai/error';

/** Milliseconds from the arrival of a request for which its caller waits for the whole answer. A header: official clients can send any. */
export const DEADLINE_HEADER = 'x-signalbox-deadline-ms';

type DeadlineDecision =
  | { readonly reason: 'none'; readonly deadlineMs: null }
  | { readonly reason: 'set'; readonly deadlineMs: number }
  | { readonly reason: 'invalid'; readonly refused: OpenAiFailure };

/**
 * When the answer to a request must be complete.
 * @param header as sent; an array where it came more than once
 * @param longestMs the server's own limit, which no deadline exceeds
 * @param nowMs monotonic clock, which the deadline is on too
 */
export function decideDeadline(header: string | readonly string[] | undefined, longestMs: number, nowMs: number): DeadlineDecision {
  if (header === undefined) return { reason: 'none', deadlineMs: null };
  if (typeof header === 'string' && /^[1-9]\d{0,8}$/.test(header)) return { reason: 'set', deadlineMs: nowMs + Math.min(Number(header), longestMs) };
  const message = `The header '${DEADLINE_HEADER}' must be a whole number of milliseconds from 1 to 999999999.`;
  return { reason: 'invalid', refused: badRequest('invalid_value', DEADLINE_HEADER, message) };
}
