import { expect, it, vi } from 'vitest';
import { type FollowedBatch, type FollowedRequest } from '#libs/store/detection/followed-ledger';
import { encodeTrace } from '#libs/trace/codec';
import { type FollowMetrics } from './follow-metrics.ts';
import { followRound, type RoundPorts } from './round.ts';
import { StreamSet } from './stream-set.ts';

const RELEASE = 'a'.repeat(64);
const trace = encodeTrace({ layers: 1, experts: 4, topK: 1, promptRows: 1, choiceRows: [], tokenIds: null, expertIds: Uint16Array.of(1), gates: Float32Array.of(1), flagged: [] });
const batch = (sequence: string): FollowedBatch => ({ batchId: sequence, position: { xid: '1', sequence }, requestIds: ['r', 's'], firstAtMs: 0, lastAtMs: 1 });

it('opens no trace of a release that it knows to be unwatched, and counts its requests all the same', async () => {
  const asked: (readonly string[])[] = [];
  const unfollowed = vi.fn<FollowMetrics['unfollowed']>();
  const open = vi.fn<(id: string, sealed: Uint8Array) => Uint8Array>((_, sealed) => sealed);
  const requestsOf = async (_: FollowedBatch, withoutTraces: readonly string[] = []): Promise<readonly FollowedRequest[]> => {
    asked.push(withoutTraces);
    return ['r', 's'].map((requestId) => ({
      requestId, atMs: 0, model: 'm', releaseId: RELEASE, segment: { tenant: '', task: '', language: '' }, hasNoTrace: false,
      sealedTrace: withoutTraces.includes(RELEASE) ? null : trace,
    }));
  };
  const advanced: string[] = [];
  const ports = {
    dataSource: { transaction: async (work: (manager: null) => Promise<void>) => work(null) },
    ledger: { requests: requestsOf },
    states: { save: async () => undefined, advance: async (_: null, __: unknown, to: { sequence: string }) => void advanced.push(to.sequence) },
    readings: { save: async () => undefined },
    streams: new StreamSet({ ofRelease: async () => [] }, { layer: async () => null }, 10),
    sealer: { open },
    metrics: { followed: () => undefined, skipped: () => undefined, unfollowed },
  } as unknown as RoundPorts;
  const outcome = await followRound(ports, { xid: '0', sequence: '0' }, [batch('1'), batch('2')], new Set([RELEASE]), 5);
  expect([outcome, advanced, asked]).toEqual([{ watermark: { xid: '1', sequence: '2' }, isFull: false }, ['2'], [[], [RELEASE]]]);
  expect(open).toHaveBeenCalledTimes(2);
  expect(unfollowed).toHaveBeenCalledWith('not-watched', 4);
});
