import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DTYPE_BYTES,
  decodeTensorHeader,
  MAX_HEADER_BYTES,
  TensorFileError,
  type TensorDtype,
  type TensorEntry,
  type TensorFileReason,
} from './tensor-file.ts';
import { encodeTensorHeader } from './tensor-file-layout.ts';

function fileOf(header: string, dataBytes: number): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.byteLength + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.byteLength), true);
  bytes.set(text, 8);
  return bytes;
}

function entry(dtype: string, shape: string, begin: number, end: number): string {
  return `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${begin},${end}]}`;
}

function reasonOf(bytes: Uint8Array, fileBytes = bytes.byteLength): { reason: TensorFileReason; tensor: string | null } {
  try {
    decodeTensorHeader(bytes, fileBytes);
  } catch (error) {
    if (error instanceof TensorFileError) return { reason: error.reason, tensor: error.tensor };
    throw error;
  }
  throw new Error('the header was accepted');
}

/** The tensors, or none where the header is refused; any other error passes on. */
function tensorsOrRefusal(bytes: Uint8Array, fileBytes: number): readonly TensorEntry[] {
  try {
    return [...decodeTensorHeader(bytes, fileBytes).tensors.values()];
  } catch (error) {
    if (error instanceof TensorFileError) return [];
    throw error;
  }
}

const specs = fc.uniqueArray(
  fc.record({
    name: fc.string({ unit: 'binary' }).filter((name) => name !== '__metadata__' && name.isWellFormed()),
    dtype: fc.constantFrom(...(Object.keys(DTYPE_BYTES) as TensorDtype[])),
    shape: fc.array(fc.nat({ max: 9 }), { maxLength: 4 }),
  }),
  { selector: ({ name }) => name, maxLength: 12 },
);

describe('encodeTensorHeader', () => {
  it('gives back the same tensors, whatever their names, dtypes and shapes', () => {
    const metadata = fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 });
    fc.assert(
      fc.property(specs, metadata, (tensors, notes) => {
        const { bytes, fileBytes, table } = encodeTensorHeader(tensors, notes);
        const decoded = decodeTensorHeader(bytes, fileBytes);
        expect(decoded.tensors).toEqual(table.tensors);
        expect(decoded.metadata).toEqual(table.metadata);
        expect(decoded.dataOffset % 8).toBe(0);
        for (const { dtype, begin } of decoded.tensors.values()) expect(begin % DTYPE_BYTES[dtype]).toBe(0);
      }),
    );
  });

  it('does not depend on the order in which the tensors are given', () => {
    fc.assert(
      fc.property(specs, (tensors) => {
        expect(encodeTensorHeader(tensors.toReversed()).bytes).toEqual(encodeTensorHeader(tensors).bytes);
      }),
    );
  });

  it('refuses a name that is given twice', () => {
    const spec = { name: 'a', dtype: 'F16', shape: [1] } as const;
    expect(() => encodeTensorHeader([spec, spec])).toThrow(TensorFileError);
  });
});

describe('decodeTensorHeader', () => {
  it.each<[string, string, number, TensorFileReason, string | null]>([
    ['a shape that does not fit its bytes', `{"a":${entry('F32', '[2]', 0, 4)}}`, 4, 'size-mismatch', 'a'],
    ['a product that leaves the exact range', `{"a":${entry('F32', '[9007199254740991,9]', 0, 4)}}`, 4, 'malformed-shape', 'a'],
    ['a fractional shape', `{"a":${entry('F32', '[1.5]', 0, 6)}}`, 6, 'malformed-shape', 'a'],
    ['a negative shape', `{"a":${entry('F32', '[-1,-1]', 0, 4)}}`, 4, 'malformed-shape', 'a'],
    ['a shape that is no list', `{"a":${entry('F32', '4', 0, 4)}}`, 4, 'malformed-shape', 'a'],
    ['an unknown dtype', `{"a":${entry('Q4_K', '[1]', 0, 4)}}`, 4, 'unknown-dtype', 'a'],
    ['a dtype named like an inherited property', `{"a":${entry('toString', '[1]', 0, 4)}}`, 4, 'unknown-dtype', 'a'],
    ['the same name twice', `{"a":${entry('U8', '[1]', 0, 1)},"\\u0061":${entry('U8', '[1]', 1, 2)}}`, 2, 'duplicate-name', 'a'],
    ['the same field twice', `{"a":{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}}`, 1, 'duplicate-name', 'dtype'],
    ['overlapping tensors', `{"a":${entry('U8', '[2]', 0, 2)},"b":${entry('U8', '[2]', 1, 3)}}`, 3, 'offsets-overlap', 'b'],
    ['a gap between tensors', `{"a":${entry('U8', '[1]', 0, 1)},"b":${entry('U8', '[1]', 2, 3)}}`, 3, 'unclaimed-bytes', 'b'],
    ['bytes behind the last tensor', `{"a":${entry('U8', '[1]', 0, 1)}}`, 2, 'unclaimed-bytes', null],
    ['a tensor behind the end of the file', `{"a":${entry('U8', '[2]', 0, 2)}}`, 1, 'truncated', 'a'],
    ['reversed offsets', `{"a":${entry('U8', '[1]', 1, 0)}}`, 1, 'offsets-out-of-range', 'a'],
    ['a negative offset', `{"a":${entry('U8', '[1]', -1, 0)}}`, 1, 'offsets-out-of-range', 'a'],
    ['a tensor without description', '{"a":null}', 0, 'malformed-header', 'a'],
    ['metadata that is no text', '{"__metadata__":{"a":1}}', 0, 'malformed-header', null],
    ['a list instead of an object', '[]', 0, 'malformed-header', null],
    ['text that is no JSON', '{"a"', 0, 'malformed-header', null],
  ])('refuses %s', (_what, header, dataBytes, reason, tensor) => {
    expect(reasonOf(fileOf(header, dataBytes))).toEqual({ reason, tensor });
  });

  it('refuses a header length above the limit without reading further', () => {
    const bytes = new Uint8Array(8).fill(0xff);
    expect(reasonOf(bytes, 1e12).reason).toBe('hostile-header-length');
    new DataView(bytes.buffer).setBigUint64(0, BigInt(MAX_HEADER_BYTES), true);
    expect(reasonOf(bytes, 1e6).reason).toBe('truncated');
  });

  it('refuses a file that is shorter than its length field', () => {
    expect(reasonOf(new Uint8Array(7)).reason).toBe('truncated');
  });

  it('survives any corruption: a named reason, or tensors that lie inside the file', () => {
    const { bytes, fileBytes } = encodeTensorHeader([
      { name: 'gate_proj', dtype: 'F16', shape: [4, 8] },
      { name: 'up_proj', dtype: 'F32', shape: [4, 8] },
    ]);
    const damage = fc.array(fc.tuple(fc.nat({ max: bytes.byteLength - 1 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(damage, fc.nat({ max: fileBytes }), fc.boolean(), (changes, cut, shorten) => {
        const damaged = bytes.slice();
        for (const [at, byte] of changes) damaged[at] = byte;
        const size = shorten ? cut : fileBytes;
        const entries = tensorsOrRefusal(damaged.subarray(0, size), size);
        for (const { begin, end } of entries) {
          expect(begin).toBeLessThanOrEqual(end);
          expect(end).toBeLessThanOrEqual(size);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
