import { expect, test } from 'vitest';
import { type RequestRecord } from '#libs/contract/capture/request-record';
import { screenRequest } from './screening.ts';

const nowMs = Date.parse('2026-03-10T12:00:00Z');
const rules = { nowMs, retentionDays: 7, releases: new Map([['r', { number: 1, layers: 2, experts: 4 }]]) };
const shape = { layers: 2, experts: 4 };
const record: RequestRecord = {
  requestId: '00112233-4455-4677-8899-aabbccddeeff', atMs: nowMs, model: 'm', releaseId: 'r', segment: { tenant: 'acme', task: '', language: 'de' },
  status: 'answered', promptTokens: 3, completionTokens: 4, queueWaitMs: 0.5, timeToFirstTokenMs: null, durationMs: 8.25, traceparent: null,
};

const rulesInForce = { digest: 'ab'.repeat(32), maskedExperts: 3, ruleIds: ['r'], labels: { region: 'eu', dataClass: '', licence: '' } };

test('a sound request passes', () => {
  expect(screenRequest(record, shape, rules)).toBeNull();
  expect(screenRequest({ ...record, rules: rulesInForce }, shape, rules)).toBeNull();
});

test.for<[reason: string, change: Partial<RequestRecord>, traceShape?: typeof shape]>([
  ['older-than-retention', { atMs: nowMs - 8 * 86_400_000 }],
  ['in-the-future', { atMs: nowMs + 86_400_001 }],
  ['unknown-release', { releaseId: 's' }],
  ['wrong-shape', {}, { layers: 3, experts: 4 }],
  ['malformed-record', { atMs: Number.NaN }],
  ['malformed-record', { requestId: 'chatcmpl-1' }],
  ['malformed-record', { promptTokens: 2 ** 31 }],
  ['malformed-record', { completionTokens: 0.5 }],
  ['malformed-record', { durationMs: -1 }],
  ['malformed-record', { segment: { tenant: 'a\0b', task: '', language: '' } }],
  ['malformed-record', { rules: { ...rulesInForce, digest: 'ab' } }],
  ['malformed-record', { rules: { ...rulesInForce, maskedExperts: -1 } }],
  ['malformed-record', { rules: { ...rulesInForce, ruleIds: ['a\0'] } }],
  ['malformed-record', { rules: { ...rulesInForce, ruleIds: Array.from({ length: 101 }, () => 'r') } }],
  ['malformed-record', { segment: { tenant: 'x'.repeat(257), task: '', language: '' } }],
])('%s', ([reason, change, traceShape = shape]) => {
  expect(screenRequest({ ...record, ...change }, traceShape, rules)).toBe(reason);
});
