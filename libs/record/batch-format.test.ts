import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatchFormatError, decodeBatch, encodeFrame, wholeFrames } from './batch-format.ts';
import { capturedFixture } from './captured.fixture.ts';

const batchOf = (count: number) => Buffer.concat(Array.from({ length: count }, (_, i) => encodeFrame(capturedFixture(i, i * 7))));

describe('batch format', () => {
  it('brings requests back as they were', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9 }), fc.string(), fc.uint8Array(), (count, text, sealedTrace) => {
        const requests = Array.from({ length: count }, (_, i) => {
          const base = capturedFixture(i);
          return { record: { ...base.record, segment: { ...base.record.segment, task: text.toWellFormed() } }, sealedTrace };
        });
        expect(decodeBatch(Buffer.concat(requests.map(encodeFrame)))).toEqual(requests);
      }),
    );
  });

  it('finds the whole frames of a log cut anywhere', () => {
    const batch = batchOf(4);
    const ends = [1, 2, 3, 4].map((count) => batchOf(count).length);
    for (let cut = 0; cut <= batch.length; cut++) {
      const frames = ends.filter((end) => end <= cut).length;
      expect(wholeFrames(batch.subarray(0, cut))).toEqual({ frames, bytes: frames === 0 ? 0 : ends[frames - 1] });
    }
  });

  it('answers any changed byte with an error, and never with other requests', () => {
    const batch = batchOf(2);
    for (let at = 0; at < batch.length; at++) {
      const changed = Buffer.from(batch);
      changed[at]! ^= 0x40;
      expect(() => decodeBatch(changed)).toThrow(BatchFormatError);
    }
  });

  it('refuses a record that is too large', () => {
    expect(() => encodeFrame(capturedFixture(1, 16 * 1024 * 1024))).toThrow(/allows/);
  });
});
