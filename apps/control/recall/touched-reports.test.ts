import { expect, it } from 'vitest';
import { type Principal } from '#libs/platform/auth/scopes';
import { type RecallRecord } from '#libs/store/activation/recalls';
import { type TouchedRequest } from '#libs/store/activation/touched-requests';
import { type AuditEntry } from '#libs/store/audit/audit-log';
import { encodeTrace } from '#libs/trace/codec';
import { type RoutingTrace } from '#libs/trace/trace';
import { TouchedReports } from './touched-reports.ts';

const SHA256 = '7'.repeat(64);
const RELEASE = 'a'.repeat(64);
const NOW_MS = Date.parse('2026-06-01T12:00:00Z');
const MIB = 1024 * 1024;
const CALLER: Principal = { accountId: 'user:ann', kind: 'user', name: 'ann', keyId: null, issuedBy: null, roles: [], permissions: ['operate', 'traces'], tenant: null };
const RECORD: RecallRecord = { sha256: SHA256, kind: 'expert', recalled: null, releases: [{ releaseId: RELEASE, model: 'toy', createdAtMs: 0, components: ['expert/0/1', 'expert/1/0'] }] };

/** Two layers of two experts, top-1: by row, who was selected in layer 0 and in layer 1. */
function traceOf(...rows: readonly (readonly [number, number])[]): RoutingTrace {
  return { layers: 2, experts: 2, topK: 1, promptRows: rows.length, choiceRows: [], tokenIds: null, expertIds: Uint16Array.from(rows.flat()), gates: new Float32Array(rows.length * 2).fill(0.6), flagged: [] };
}

interface Kept {
  /** null: gone by the time it is opened. */
  readonly trace: RoutingTrace | null;
  readonly sizeBytes?: number;
}

function reportsOver(kept: readonly Kept[]) {
  const audit: AuditEntry[] = [];
  const opened: string[] = [];
  const all = kept.map(({ trace, sizeBytes = 100 }, at): TouchedRequest & { trace: RoutingTrace | null } => ({ requestId: `00000000-0000-7000-8000-${String(at).padStart(12, '0')}`, atMs: NOW_MS - at, releaseId: RELEASE, status: 0, sizeBytes, trace }));
  const requests = {
    counts: async () => new Map([[RELEASE, all.length]]),
    list: async ({ after, limit }: { after: { requestId: string } | null; limit: number }) => all.slice(after === null ? 0 : all.findIndex(({ requestId }) => requestId === after.requestId) + 1).slice(0, limit),
    sealedTrace: async ({ requestId }: { requestId: string }) => {
      opened.push(requestId);
      const trace = all.find((one) => one.requestId === requestId)?.trace ?? null;
      return trace && encodeTrace(trace);
    },
    pastRetention: async (_: string, selectedOnly: boolean) => (selectedOnly ? 3 : 9),
  };
  const reports = new TouchedReports(requests, { open: (_, sealed) => sealed }, { append: async (entry) => void audit.push(entry) }, { now: () => NOW_MS });
  return { reports, audit, opened, ids: all.map(({ requestId }) => requestId) };
}

const query = (limit: number, cursor?: string | null) => ({ limit, selected: 'true' as const, ...(cursor ? { cursor } : {}) });
const HIT = traceOf([1, 1], [1, 0]);
const MISS = traceOf([0, 1]);

it('tells what each place of the version got, and leaves out what got nothing', async () => {
  const { reports, ids } = reportsOver([{ trace: HIT }, { trace: MISS }, { trace: traceOf([0, 0]) }]);
  const { items, unknown } = await reports.bySelection(RECORD, query(50), CALLER);
  expect(items.map(({ requestId, experts }) => [requestId, experts])).toEqual([
    [ids[0], [{ component: 'expert/0/1', tokens: 2, gateMass: expect.closeTo(1.2, 5) }, { component: 'expert/1/0', tokens: 1, gateMass: expect.closeTo(0.6, 5) }]],
    [ids[2], [{ component: 'expert/1/0', tokens: 1, gateMass: expect.closeTo(0.6, 5) }]],
  ]);
  expect(unknown).toBe(3);
});

it('opens no more than fills the page, and goes on right behind', async () => {
  const { reports, opened, audit, ids } = reportsOver([{ trace: HIT }, { trace: MISS }, { trace: HIT }, { trace: MISS }, { trace: HIT }]);
  const first = await reports.bySelection(RECORD, query(2), CALLER);
  expect([first.looked, first.found, opened]).toEqual([3, 2, ids.slice(0, 3)]);
  const second = await reports.bySelection(RECORD, query(2, first.nextCursor), CALLER);
  expect([second.looked, second.found, second.nextCursor, opened]).toEqual([2, 1, null, ids]);
  expect(audit.map(({ action, subject, detail }) => ({ action, subject, ...detail }))).toMatchObject([
    { action: 'trace.search', subject: `component/${SHA256}`, actorName: 'ann', after: null, last: { requestId: ids[2] }, looked: 3, found: 2 },
    { after: { requestId: ids[2] }, last: { requestId: ids[4] }, looked: 2, found: 1 },
  ]);
});

it('ends a page behind the trace that reaches its size', async () => {
  const { reports } = reportsOver([{ trace: MISS, sizeBytes: 20 * MIB }, { trace: MISS, sizeBytes: 12 * MIB }, { trace: HIT }]);
  const first = await reports.bySelection(RECORD, query(50), CALLER);
  expect([first.looked, first.found, first.items]).toEqual([2, 0, []]);
  expect((await reports.bySelection(RECORD, query(50, first.nextCursor), CALLER)).found).toBe(1);
});

it('lists apart a trace that is gone meanwhile or of another shape than its release', async () => {
  const { reports, ids } = reportsOver([{ trace: null }, { trace: { ...MISS, layers: 1, promptRows: 2 } }, { trace: HIT }]);
  const { unreadable, found, looked } = await reports.bySelection(RECORD, query(50), CALLER);
  expect([unreadable.map(({ requestId }) => requestId), found, looked]).toEqual([ids.slice(0, 2), 1, 3]);
});

it('puts an empty page on record too', async () => {
  const { reports, audit } = reportsOver([]);
  expect(await reports.bySelection(RECORD, query(50), CALLER)).toMatchObject({ items: [], looked: 0, nextCursor: null });
  expect(audit[0]?.detail).toMatchObject({ after: null, last: null, looked: 0 });
});

it('lists by release without opening a trace', async () => {
  const { reports, opened, audit } = reportsOver([{ trace: HIT }, { trace: MISS }]);
  expect(await reports.byRelease(RECORD, { limit: 1, selected: 'false' })).toMatchObject({ basis: 'release', items: [{ experts: null }], looked: 1, found: 1, unknown: 9, nextCursor: expect.any(String) });
  expect([opened, audit]).toEqual([[], []]);
});

it('refuses a cursor that is none', async () => {
  const { reports, opened } = reportsOver([{ trace: HIT }]);
  await expect(reports.bySelection(RECORD, query(1, Buffer.from('["x",1]').toString('base64url')), CALLER)).rejects.toMatchObject({ status: 400, field: 'cursor' });
  expect(opened).toEqual([]);
});
