import { describe, expect, it } from 'vitest';
import { ADOPTION_START, adoptionDigest, readAdoption } from './adoption.ts';
import { CHAIN_START, entryHash, toAuditRecord } from './audit-record.ts';

const DRAFT = {
  atMs: Date.parse('2026-03-10T12:00:00.123Z'), actor: 'user:1', action: 'activation.promote', subject: 'model/tøy', requestId: null, reason: 'better',
  detail: { b: [1, 0.5, null], a: { ü: true } }, after: { stable: 'x' },
};

/**
 * Computed with Python's hashlib over json.dumps(sort_keys=True, separators=(',', ':'), ensure_ascii=False),
 * which is canonical JSON for these values: logs that are out there must verify in every later version.
 */
describe('the format', () => {
  it('of the chain', () => {
    const first = entryHash(toAuditRecord(DRAFT, 1), CHAIN_START);
    expect(first.toString('hex')).toBe('db52cc45eb3400b1bb8a734a504322527f05e8dac212bf1d2b08a8e7cd12bd46');
    expect(entryHash(toAuditRecord(DRAFT, 2), first).toString('hex')).toBe('51177e473a5e5e99006e348f82a4134849c4918c662446effa84a91ed7285436');
  });

  it('of adoptions', () => {
    const { seq: _seq, ...record } = toAuditRecord(DRAFT, 1);
    expect(adoptionDigest(ADOPTION_START, { ...record, id: 7 }).toString('hex')).toBe('ba12227c864dcb27105dcd6c836734c3bcb7b3d7c7c60c0fd387e95e514ce8c6');
  });
});

it('brings what a caller says into a form that the database keeps', () => {
  const record = toAuditRecord({ ...DRAFT, subject: 'a\u0000b\ud800', before: { at: new Date(0), gone: undefined, text: '\udc00' }, after: undefined, reason: 'x'.repeat(9000) }, 1);
  expect(record).toMatchObject({ subject: 'a\uFFFDb\uFFFD', before: { at: '1970-01-01T00:00:00.000Z', text: '\uFFFD' }, after: null });
  expect(record.before).not.toHaveProperty('gone');
  expect(record.reason).toHaveLength(8192);
  expect(toAuditRecord({ ...DRAFT, detail: 'x'.repeat(300_000) }, 1).detail).toEqual({ omitted: 'too-large', sizeBytes: 300_002, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
  expect(() => toAuditRecord({ ...DRAFT, atMs: Number.NaN }, 1)).toThrow(RangeError);
});

it.each([null, 'x', {}, { fromId: 1, toId: 2, entries: -1, digest: 'ab'.repeat(32) }, { fromId: 1, toId: 2, entries: 1, digest: 'x' }])('reads no adoption out of %j', (detail) => {
  expect(readAdoption(detail)).toBeNull();
});
