import { expect, test } from 'vitest';
import { BinaryCopyEncoder } from './binary-copy.ts';

test('a row is laid out as the manual says', () => {
  const bytes = new BinaryCopyEncoder(1).row(7).int16(-2).int32(7).int32(null).timestamp(946_684_800_001).bytes(Uint8Array.of(9)).boolean(true).boolean(null).finish();
  expect(bytes.toString('hex')).toBe(
    [
      '5047434f50590aff0d0a00', '00000000', '00000000',
      '0007',
      '00000002fffe',
      '0000000400000007',
      'ffffffff',
      '0000000800000000000003e8',
      '0000000109',
      '0000000101',
      'ffffffff',
      'ffff',
    ].join(''),
  );
});

test('a UUID becomes 16 bytes, anything else is refused', () => {
  const encoder = new BinaryCopyEncoder();
  const bytes = encoder.row(1).uuid('00112233-4455-6677-8899-aabbccddeeff').finish();
  expect(bytes.subarray(-22).toString('hex')).toBe('0000001000112233445566778899aabbccddeeffffff');
  const faulty = ['not-one', '', '0011223344556677889900aabbccddee0', '00112233-4455-6677-8899-aabbccddeef', '00112233-4455-6677-8899-aabbccddeefg', '00112233-4455-6677-8899-aabbccddee\u0660'];
  for (const text of faulty) expect(() => new BinaryCopyEncoder().row(1).uuid(text)).toThrow(/is no UUID/);
});

test('what is taken in chunks is the whole', () => {
  const whole = new BinaryCopyEncoder(64);
  const cut = new BinaryCopyEncoder(64);
  const chunks: Buffer[] = [];
  for (let i = 0; i < 40; i++) {
    for (const encoder of [whole, cut]) encoder.row(2).int32(i).bytes(new Uint8Array(i).fill(i));
    if (i % 7 === 0) chunks.push(cut.take());
  }
  expect(Buffer.concat([...chunks, cut.finish()])).toEqual(whole.finish());
});
