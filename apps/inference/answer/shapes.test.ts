import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PositionLogprobs, type TokenLogprob } from '#libs/runtime/engine/engine';
import { CompletionLogprobWriter } from './completion-logprobs.ts';
import { encodeNpy } from './npy.ts';
import { encodeRoutedExperts } from './routed-experts.ts';

function token(tokenId: number, bytes: readonly number[], logprob = -1): TokenLogprob {
  return { tokenId, bytes, text: Buffer.from(bytes).toString('utf8'), logprob };
}

function position(sampled: TokenLogprob, ...top: TokenLogprob[]): PositionLogprobs {
  return { ...sampled, top };
}

describe('.npy', () => {
  it('has the layout that NumPy writes', () => {
    const bytes = encodeNpy(Uint16Array.from([1, 2, 3, 258]), [2, 2], 'uint16');
    expect([...bytes.subarray(0, 8)]).toEqual([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
    const dataStart = 10 + new DataView(bytes.buffer).getUint16(8, true);
    expect(dataStart % 64).toBe(0);
    expect(Buffer.from(bytes.subarray(10, dataStart)).toString()).toMatch(/^\{'descr': '<u2', 'fortran_order': False, 'shape': \(2, 2\), \} *\n$/);
    expect([...bytes.subarray(dataStart)]).toEqual([1, 0, 2, 0, 3, 0, 2, 1]);
  });

  it('writes one axis as a tuple, and refuses a shape that does not fit', () => {
    expect(Buffer.from(encodeNpy(Uint16Array.of(7), [1], 'uint8')).toString('latin1')).toContain("'descr': '|u1', 'fortran_order': False, 'shape': (1,), ");
    expect(() => encodeNpy(Uint16Array.of(7), [2], 'uint8')).toThrow('holds 2 values, got 1');
  });

  it('keeps every value', () => {
    fc.assert(
      fc.property(fc.uint16Array({ minLength: 1, maxLength: 500 }), (values) => {
        const bytes = encodeNpy(values, [values.length], 'uint16');
        const view = new DataView(bytes.buffer, bytes.length - 2 * values.length);
        expect(Array.from(values, (_, i) => view.getUint16(2 * i, true))).toEqual([...values]);
      }),
    );
  });
});

it("gives each choice the prompt's rows and then its own", () => {
  const manifest = { shape: { layers: 1, experts: 300 }, routing: { topK: 1 } } as Parameters<typeof encodeRoutedExperts>[1];
  const outcome = { promptRows: 2, choiceRows: [1, 2], expertIds: Uint16Array.from([10, 11, 20, 299, 31]) };
  const rows = (choice: number) => {
    const bytes = Buffer.from(encodeRoutedExperts(outcome, manifest, choice), 'base64');
    const start = 10 + bytes.readUInt16LE(8);
    return Array.from({ length: (bytes.length - start) / 2 }, (_, i) => bytes.readUInt16LE(start + 2 * i));
  };
  expect(rows(0)).toEqual([10, 11, 20]);
  expect(rows(1)).toEqual([10, 11, 299, 31]);
});

describe('completion logprobs', () => {
  const plain = () => new CompletionLogprobWriter(false, (id) => id === 0);

  it('names parts of a character by their bytes and counts the character once', () => {
    const [first, second] = [token(1, [0xf0, 0x9f]), token(2, [0x98, 0x80])];
    const written = plain().answer([position(first, first), position(second, second), position(token(3, [97]))]);
    expect(written.tokens).toEqual(['bytes:\\xf0\\x9f', 'bytes:\\x98\\x80', 'a']);
    expect(written.text_offset).toEqual([0, 0, 1]);
  });

  it('leaves special tokens out of the offsets', () => {
    const written = plain().prompt([null, position(token(5, [98]))], { tokenId: 0, text: '<s>', bytes: [60, 115, 62] });
    expect(written).toMatchObject({ tokens: ['<s>', 'b'], token_logprobs: [null, -1], text_offset: [0, 0] });
  });

  it('loses no alternative to a name that is taken, and always tells the sampled token', () => {
    const sampled = token(9, [122], -7);
    const [row] = plain().answer([position(sampled, token(4, [120]), token(5, [120], -2))]).top_logprobs ?? [];
    expect({ ...row }).toEqual({ x: -1, 'token_id:5': -2, z: -7 });
  });

  it('has a number for what cannot come', () => {
    expect(plain().answer([position(token(4, [120], -Infinity))]).token_logprobs).toEqual([-9999]);
  });

  it('survives tokens named like properties of objects', () => {
    const odd = token(4, [...Buffer.from('__proto__')]);
    expect(JSON.stringify(plain().answer([position(odd, odd)]).top_logprobs)).toBe('[{"__proto__":-1}]');
  });
});
