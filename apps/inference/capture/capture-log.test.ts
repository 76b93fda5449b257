import { expect, it } from 'vitest';
import { type CapturedRequest, type RequestRecord } from '#libs/contract/capture/request-record';
import { decodeTrace } from '#libs/trace/codec';
import { type RoutingTrace } from '#libs/trace/trace';
import { type CaptureLog, NoCaptureLog, SpoolingCaptureLog } from './capture-log.ts';

const trace: RoutingTrace = { layers: 1, experts: 4, topK: 1, promptRows: 2, choiceRows: [], tokenIds: null, expertIds: Uint16Array.of(1, 3), gates: Float32Array.of(1, 1), flagged: [] };
const record = { requestId: 'r' } as RequestRecord;

it('makes a trace where it is written, and none where capture is off', async () => {
  const spooled: CapturedRequest[] = [];
  const spooling = new SpoolingCaptureLog({ seal: (_, packed) => packed }, { append: async (captured) => void spooled.push(captured) });
  await spooling.append(record, () => trace);
  expect(spooled.map(({ sealedTrace }) => decodeTrace(sealedTrace).expertIds)).toEqual([trace.expertIds]);
  const off: CaptureLog = new NoCaptureLog();
  await off.append(record, () => {
    throw new Error('not wanted');
  });
});
