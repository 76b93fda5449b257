/** Why the database did not take a request of ours, though nothing is wrong with the request. */
export type DatabaseAway = 'unreachable' | 'cut-off' | 'starting-or-stopping' | 'too-many-connections' | 'timed-out';

/** Codes of Node's sockets and resolver. */
const SOCKET_CODES: Readonly<Record<string, DatabaseAway>> = {
  ECONNREFUSED: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ENOTFOUND: 'unreachable',
  EAI_AGAIN: 'unreachable',
  ECONNRESET: 'cut-off',
  EPIPE: 'cut-off',
  ETIMEDOUT: 'timed-out',
};

/** SQLSTATEs, see https://www.postgresql.org/docs/current/errcodes-appendix.html; class 08 is a broken connection. */
const SQL_STATES: Readonly<Record<string, DatabaseAway>> = {
  '57P01': 'starting-or-stopping',
  '57P02': 'starting-or-stopping',
  '57P03': 'starting-or-stopping',
  '53300': 'too-many-connections',
  '57014': 'timed-out',
};

/** Errors that pg makes itself carry no code, only these words. */
const MESSAGES: readonly (readonly [RegExp, DatabaseAway])[] = [
  [/^Connection terminated due to connection timeout/, 'timed-out'],
  [/^timeout exceeded when trying to connect|^Query read timeout/, 'timed-out'],
  [/^Connection terminated|^Client has encountered a connection error|^Client was closed and is not queryable/, 'cut-off'],
];

/** Errors are wrapped a few times at most. */
const MAX_DEPTH = 5;

/** Tells an outage of the database from a fault of a query; null where it is none. Looks into TypeORM's wrapper and into causes. */
export function databaseAway(error: unknown, depth = 0): DatabaseAway | null {
  if (!(error instanceof Error) || depth > MAX_DEPTH) return null;
  const own = reasonOf(error);
  if (own !== null) return own;
  const inner: unknown[] = [error.cause, 'driverError' in error ? error.driverError : null];
  // A host with several addresses fails once for each.
  if (error instanceof AggregateError) inner.push(...error.errors);
  for (const each of inner) {
    const reason = databaseAway(each, depth + 1);
    if (reason !== null) return reason;
  }
  return null;
}

function reasonOf(error: Error): DatabaseAway | null {
  // What TypeORM says to the next statement of a transaction whose connection broke.
  if (error.name === 'QueryRunnerAlreadyReleasedError') return 'cut-off';
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const known = SOCKET_CODES[code] ?? SQL_STATES[code];
  if (known !== undefined) return known;
  if (/^08[0-9A-Z]{3}$/.test(code)) return 'cut-off';
  return MESSAGES.find(([words]) => words.test(error.message))?.[1] ?? null;
}
