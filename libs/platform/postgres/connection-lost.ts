/** Codes of the system, and of PostgreSQL: shut down by an administrator, crashed, cannot connect now. */
const CODES = new Set(['ECONNRESET', 'ECONNREFUSED', 'EPIPE', '57P01', '57P02', '57P03']);

/** Whether an error says that the server went or is not there yet, rather than that it refused us. */
export function isConnectionLost(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('code' in error && typeof error.code === 'string') return CODES.has(error.code);
  return error.message.startsWith('Connection terminated');
}
