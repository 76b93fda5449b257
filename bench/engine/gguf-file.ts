import { open } from 'node:fs/promises';
import { encodeGgufValues, GGUF_TYPES, ggufBytes, type GgufType } from './gguf-blocks.ts';

/**
 * Writer for GGUF version 3, the container that llama.cpp loads.
 * Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */

type GgufValue =
  | { readonly type: 'u32' | 'f32'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'i32s'; readonly value: readonly number[] };

export type GgufMetadata = Readonly<Record<string, GgufValue>>;

export interface GgufTensor {
  readonly name: string;
  /** Fastest-varying dimension first, the reverse of safetensors. */
  readonly dimensions: readonly number[];
  readonly type: GgufType;
  /** Read when it is written, so that one tensor is held at a time. */
  readonly values: () => Float32Array;
}

const TYPE = { u32: 4, f32: 6, bool: 7, string: 8, array: 9, i32: 5 } as const;
const ALIGNMENT_BYTES = 32;

function number(bytes: number, write: (buffer: Buffer) => void): Buffer {
  const buffer = Buffer.alloc(bytes);
  write(buffer);
  return buffer;
}

const u32 = (value: number) => number(4, (buffer) => buffer.writeUInt32LE(value));
const u64 = (value: number) => number(8, (buffer) => buffer.writeBigUInt64LE(BigInt(value)));
const f32 = (value: number) => number(4, (buffer) => buffer.writeFloatLE(value));
const i32 = (value: number) => number(4, (buffer) => buffer.writeInt32LE(value));

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8');
  return Buffer.concat([u64(bytes.length), bytes]);
}

function encodeValue(entry: GgufValue): Buffer {
  switch (entry.type) {
    case 'u32':
      return Buffer.concat([u32(TYPE.u32), u32(entry.value)]);
    case 'f32':
      return Buffer.concat([u32(TYPE.f32), f32(entry.value)]);
    case 'bool':
      return Buffer.concat([u32(TYPE.bool), Buffer.from([entry.value ? 1 : 0])]);
    case 'string':
      return Buffer.concat([u32(TYPE.string), text(entry.value)]);
    case 'strings':
      return Buffer.concat([u32(TYPE.array), u32(TYPE.string), u64(entry.value.length), ...entry.value.map(text)]);
    case 'i32s':
      return Buffer.concat([u32(TYPE.array), u32(TYPE.i32), u64(entry.value.length), ...entry.value.map(i32)]);
  }
}

const padding = (position: number) => (ALIGNMENT_BYTES - (position % ALIGNMENT_BYTES)) % ALIGNMENT_BYTES;

/** Writes a GGUF file; an existing one is replaced. */
export async function writeGguf(path: string, metadata: GgufMetadata, tensors: readonly GgufTensor[]): Promise<void> {
  const entries = Object.entries(metadata);
  const head = [Buffer.from('GGUF'), u32(3), u64(tensors.length), u64(entries.length)];
  for (const [key, value] of entries) head.push(text(key), encodeValue(value));
  let offset = 0;
  for (const { name, dimensions, type } of tensors) {
    head.push(text(name), u32(dimensions.length), ...dimensions.map(u64), u32(GGUF_TYPES[type].number), u64(offset));
    offset += ggufBytes(dimensions.reduce((product, size) => product * size, 1), type);
    offset += padding(offset);
  }
  const header = Buffer.concat(head);
  const file = await open(path, 'w');
  try {
    await file.writeFile(Buffer.concat([header, Buffer.alloc(padding(header.length))]));
    for (const { values, type } of tensors) {
      const bytes = encodeGgufValues(values(), type);
      await file.writeFile(bytes);
      await file.writeFile(Buffer.alloc(padding(bytes.length)));
    }
  } finally {
    await file.close();
  }
}
