import { expect, test } from 'vitest';
import { type RequestRecord } from '#libs/contract/capture/request-record';
import { TraceSealer } from '#libs/record/seal';
import { encodeTrace } from '#libs/trace/codec';
import { type RoutingTrace } from '#libs/trace/trace';
import { aggregateUsage } from './aggregate-usage.ts';
import { openTraces } from './open-traces.ts';
import { screenRequests } from './screen-requests.ts';

const NOON = Date.parse('2026-03-10T12:00:00Z');
const sealer = new TraceSealer({ current: new Uint8Array(32).fill(1) });
const trace: RoutingTrace = {
  layers: 1, experts: 4, topK: 2, promptRows: 2, choiceRows: [], tokenIds: null,
  expertIds: Uint16Array.of(0, 1, 0, 2), gates: Float32Array.of(0.75, 0.25, 0.5, 0.5), flagged: [],
};

function recordOf(number: number, change: Partial<RequestRecord> = {}): RequestRecord {
  return {
    requestId: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`, atMs: NOON, model: 'm', releaseId: 'r',
    segment: { tenant: '', task: '', language: '' }, status: 'answered', promptTokens: 2, completionTokens: 1, queueWaitMs: 0,
    timeToFirstTokenMs: null, durationMs: 1, traceparent: null, ...change,
  };
}

function capturedOf(number: number, change: Partial<RequestRecord> = {}) {
  const record = recordOf(number, change);
  return { record, sealedTrace: sealer.seal(record.requestId, encodeTrace(trace)) };
}

test('what does not open is set aside with its reason, the rest goes on', () => {
  const good = capturedOf(1);
  const swapped = { ...capturedOf(2), sealedTrace: good.sealedTrace };
  const foreign = { ...capturedOf(3), sealedTrace: new TraceSealer({ current: new Uint8Array(32).fill(2) }).seal(recordOf(3).requestId, encodeTrace(trace)) };
  const noTrace = { ...capturedOf(4), sealedTrace: sealer.seal(recordOf(4).requestId, Uint8Array.of(9, 9, 9, 9, 9, 9, 9, 9)) };
  const batch = openTraces({ batchId: 'b', captured: [good, swapped, foreign, noTrace] }, sealer);
  expect(batch.opened.map(({ record }) => record.requestId)).toEqual([good.record.requestId]);
  expect(batch.quarantined.map(({ reason }) => reason)).toEqual(['seal-tampered', 'seal-unknown-key', expect.stringMatching(/^trace-/)]);
  expect(batch.quarantined[1]?.sealedTrace).toBe(foreign.sealedTrace);
});

test('old requests are only counted, odd ones set aside, and the sums hold the admitted ones alone', () => {
  const captured = [
    capturedOf(1),
    capturedOf(2, { atMs: NOON + 60_000, segment: { tenant: 'a', task: '', language: '' } }),
    capturedOf(3, { atMs: NOON + 61_000, segment: { tenant: 'a', task: '', language: '' } }),
    capturedOf(4, { atMs: NOON - 9 * 86_400_000 }),
    capturedOf(5, { releaseId: 'unknown' }),
  ];
  const rules = { nowMs: NOON, retentionDays: 7, releases: new Map([['r', { number: 1, layers: 1, experts: 4 }]]) };
  const screened = screenRequests(openTraces({ batchId: 'b', captured }, sealer), rules);
  expect(screened.refused).toBe(1);
  expect(screened.quarantined.map(({ reason }) => reason)).toEqual(['unknown-release']);
  const batch = aggregateUsage(screened, NOON);
  expect(batch.traces.map(({ routedTokens }) => routedTokens)).toEqual([2, 2, 2]);
  expect(batch.usage.map(({ minuteMs, segment, layers }) => [minuteMs - NOON, segment.tenant, [...(layers[0]?.load ?? [])]])).toEqual([
    [0, '', [2, 1, 1, 0]],
    [60_000, 'a', [4, 2, 2, 0]],
  ]);
});
