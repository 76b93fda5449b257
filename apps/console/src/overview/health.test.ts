import { expect, it } from 'vitest';
import { type ObservedActivation } from '../api/gen/types.gen.ts';
import { type HealthFacts, healthOf, whereOf } from './health.ts';

const PROCESS = { status: 'live', state: 'ready' } as ObservedActivation['observed'][number];
const WELL: HealthFacts = {
  model: 'toy', activation: { releaseId: 'a'.repeat(64), canary: null, shadow: null, converged: true, observed: [PROCESS] }, alerts: [],
  total: { requests: 100, failed: 0, failedShare: 0 }, rollout: null, owed: [],
};
const alert = (over: Record<string, unknown>) => ({ id: 'f'.repeat(64), signal: 'router-shift', state: 'alerting', severity: 'critical', rule: { id: 'r', name: 'Router changed' }, labels: { layer: '2' }, muted: null, ...over }) as never;

it('says that all is well only where there is something to judge by', () => {
  expect(healthOf(WELL)).toEqual({ tone: 'ok', sentence: 'All is well', ailments: [] });
  expect(healthOf({ ...WELL, total: { withheld: { reason: 'fewer_than_min_requests', minRequests: 20 } } }).tone).toBe('neutral');
  expect([healthOf({ ...WELL, total: undefined }).sentence, healthOf({ ...WELL, alerts: undefined }).sentence]).toEqual(['Looking', 'Looking']);
  expect(healthOf({ ...WELL, activation: { releaseId: null, canary: null, shadow: null, converged: false, observed: [] } }).sentence).toBe('No release answers yet');
});

it('names the worst, links to it, and counts the others', () => {
  const health = healthOf({ ...WELL, alerts: [alert({ severity: 'warning', rule: { name: 'Hot expert' }, labels: { layer: '1', expert: '7' } }), alert({})], total: { failedShare: 0.02 } });
  expect(health).toMatchObject({ tone: 'bad', sentence: 'Router changed in layer 2, and 2 more things need a look' });
  expect(health.ailments.map(({ text }) => text)).toEqual(['Router changed in layer 2', 'Hot expert in layer 1, expert 7', '2% of the requests failed']);
  expect(health.ailments[0]!.place).toEqual({ to: '/alerts/$alertId', params: { alertId: 'f'.repeat(64) } });
});

it('tells alerts of the same rule apart by where they are', () => {
  const serving = { releaseId: 'a'.repeat(64), canary: { releaseId: 'c'.repeat(64) }, shadow: { releaseId: 'd'.repeat(64) } };
  const at = (labels: Record<string, string>) => whereOf(labels, serving);
  expect(at({ model: 'toy', release: 'a'.repeat(64), layer: '1', expert: '7' })).toBe('layer 1, expert 7');
  expect(at({ release: 'c'.repeat(64), layer: '1' })).toBe('layer 1, canary');
  expect(at({ release: 'd'.repeat(64) })).toBe('shadow');
  expect(at({ release: 'e'.repeat(64), tenant: 'acme', task: 'chat', language: 'de' })).toBe('tenant acme, task chat, language de, release eeeeeeeeee');
  expect(whereOf({ release: 'c'.repeat(64) }, undefined)).toBe('release cccccccccc');
  const both = [alert({ labels: { layer: '1', release: 'a'.repeat(64) } }), alert({ id: 'e'.repeat(64), labels: { layer: '1', release: 'c'.repeat(64) } })];
  expect(healthOf({ ...WELL, activation: { ...WELL.activation!, ...(serving as object) }, alerts: both }).ailments.map(({ text }) => text)).toEqual(['Router changed in layer 1', 'Router changed in layer 1, canary']);
});

it('is not worried by what fires by design, is silenced, or only informs', () => {
  const health = healthOf({ ...WELL, alerts: [alert({ signal: 'watchdog' }), alert({ muted: { reason: 'silenced' } }), alert({ severity: 'info' }), alert({ state: 'pending' })] });
  expect([health.tone, health.ailments.length]).toEqual(['ok', 2]);
});

it('tells of processes, rollouts and reviews', () => {
  const at = (over: object) => healthOf({ ...WELL, ...over }).sentence;
  expect(at({ activation: { ...WELL.activation, observed: [] } })).toBe('No inference process is live');
  expect(at({ activation: { ...WELL.activation, observed: [PROCESS, { status: 'live', state: 'failed' }] } })).toBe('1 of 2 processes cannot load a release');
  expect(at({ activation: { ...WELL.activation, converged: false } })).toContain('newest activation');
  expect(at({ rollout: { id: '1', state: 'paused', reason: 'no-data' } })).toBe('A rollout is paused: no data');
  expect(at({ owed: [{ overdue: true, change: { id: '1', number: 4 } }] })).toBe('The review of change 4 is overdue');
});
