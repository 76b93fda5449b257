import { QueryFailedError, QueryRunnerAlreadyReleasedError } from 'typeorm';
import { expect, it } from 'vitest';
import { databaseAway } from './availability.ts';

const coded = (code: string, message = 'x'): Error => Object.assign(new Error(message), { code });

it.each([
  ['a refused connection', coded('ECONNREFUSED'), 'unreachable'],
  ['a name of several addresses', new AggregateError([coded('ECONNREFUSED'), coded('ECONNREFUSED')]), 'unreachable'],
  ['a connection that was cut', new Error('Connection terminated unexpectedly'), 'cut-off'],
  ['a query on a cut connection', new QueryFailedError('SELECT 1', [], coded('ECONNRESET')), 'cut-off'],
  ['the rest of a cut transaction', new QueryRunnerAlreadyReleasedError(), 'cut-off'],
  ['a broken connection by SQLSTATE', coded('08006'), 'cut-off'],
  ['a server that recovers', coded('57P03', 'the database system is starting up'), 'starting-or-stopping'],
  ['a server that is stopped', new QueryFailedError('SELECT 1', [], coded('57P01')), 'starting-or-stopping'],
  ['a full server', coded('53300'), 'too-many-connections'],
  ['a pool that waits', new Error('timeout exceeded when trying to connect'), 'timed-out'],
  ['a pool that waits, as newer versions say', new Error('Connection terminated due to connection timeout'), 'timed-out'],
  ['a silent server', new QueryFailedError('SELECT 1', [], new Error('Query read timeout')), 'timed-out'],
  ['a statement over its time', new QueryFailedError('SELECT 1', [], coded('57014')), 'timed-out'],
  ['a wrapped one', new Error('cannot list', { cause: coded('ECONNREFUSED') }), 'unreachable'],
])('takes %s for an outage', (_what, error, reason) => {
  expect(databaseAway(error)).toBe(reason);
});

it.each([
  ['a unique violation', new QueryFailedError('INSERT', [], coded('23505'))],
  ['a syntax error', coded('42601')],
  ['a missing file', coded('ENOENT')],
  ['a bug', new TypeError('x is not a function')],
  ['no error', 'ECONNREFUSED'],
])('takes %s for a fault', (_what, error) => {
  expect(databaseAway(error)).toBeNull();
});

it('ends on causes that go round', () => {
  const round = new Error('a');
  round.cause = round;
  expect(databaseAway(round)).toBeNull();
});
