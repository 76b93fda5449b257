import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyIdOf, SEAL_OVERHEAD_BYTES, SealError, TraceSealer } from './seal.ts';

const keyOf = (byte: number) => new Uint8Array(32).fill(byte);
const ID = '018f2f6e-0000-7000-8000-000000000001';

function reasonOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof SealError) return error.reason;
    throw error;
  }
  return 'none';
}

describe('trace sealer', () => {
  it('opens what it sealed, for the same request only', () => {
    const sealer = new TraceSealer({ current: keyOf(1) });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.uuid(), (trace, requestId) => {
        const sealed = sealer.seal(requestId, trace);
        expect(sealed).toHaveLength(trace.length + SEAL_OVERHEAD_BYTES);
        expect(Uint8Array.from(sealer.open(requestId, sealed))).toEqual(trace);
        expect(reasonOf(() => sealer.open(`${requestId}x`, sealed))).toBe('tampered');
      }),
    );
  });

  it('never uses a nonce twice in many seals, and hides equal traces', () => {
    const sealer = new TraceSealer({ current: keyOf(1) });
    const seen = new Set(Array.from({ length: 1500 }, () => Buffer.from(sealer.seal(ID, Uint8Array.of(1)).subarray(5, 17)).toString('hex')));
    expect(seen.size).toBe(1500);
  });

  it('notices each changed byte and each truncation', () => {
    const sealer = new TraceSealer({ current: keyOf(1) });
    const sealed = sealer.seal(ID, Uint8Array.of(1, 2, 3, 4));
    for (let at = 0; at < sealed.length; at++) {
      const changed = Uint8Array.from(sealed);
      changed[at]! ^= 1;
      expect(reasonOf(() => sealer.open(ID, changed))).toBe(at === 0 ? 'unknown-version' : at < 5 ? 'unknown-key' : 'tampered');
      expect(reasonOf(() => sealer.open(ID, sealed.subarray(0, at)))).not.toBe('none');
    }
  });

  it('opens with an older key after a rotation, and names a key it lacks', () => {
    const before = new TraceSealer({ current: keyOf(1) });
    const after = new TraceSealer({ current: keyOf(2), older: [keyOf(1)] });
    const sealed = before.seal(ID, Uint8Array.of(9));
    expect(Uint8Array.from(after.open(ID, sealed))).toEqual(Uint8Array.of(9));
    expect(after.currentKeyId).toBe(keyIdOf(keyOf(2)));
    expect(reasonOf(() => before.open(ID, after.seal(ID, Uint8Array.of(9))))).toBe('unknown-key');
  });

  it('refuses a key of another length', () => {
    expect(reasonOf(() => new TraceSealer({ current: new Uint8Array(16) }))).toBe('bad-key');
  });
});
