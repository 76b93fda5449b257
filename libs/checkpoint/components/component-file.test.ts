import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TensorDtype } from '#libs/release/tensor-file';
import { encodeTensorHeader } from '#libs/release/tensor-file-layout';
import { misfitOfKind, misfitOfModel, type Tensors } from './canonical-tensors.ts';
import { compareComponents } from './compare-components.ts';
import { verifyComponentFile } from './component-file.ts';
import { Removals } from './removals.ts';
import { UploadArea } from './upload-area.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-component-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type Given = Record<string, { readonly shape: readonly number[]; readonly values: readonly number[]; readonly dtype?: TensorDtype }>;

/** A safetensors file of F32 or BF16 tensors. */
function fileOf(given: Given): Uint8Array {
  const { bytes, fileBytes, table } = encodeTensorHeader(Object.entries(given).map(([name, { shape, dtype = 'F32' }]) => ({ name, shape, dtype })));
  const file = new Uint8Array(fileBytes);
  file.set(bytes);
  const view = new DataView(file.buffer);
  for (const [name, { begin, dtype }] of table.tensors) {
    given[name]!.values.forEach((value, at) => {
      if (dtype === 'F32') view.setFloat32(begin + at * 4, value, true);
      else view.setUint16(begin + at * 2, new Uint32Array(Float32Array.of(value).buffer)[0]! >>> 16, true);
    });
  }
  return file;
}

async function written(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

const expert = (values: readonly number[], dtype: TensorDtype = 'F32'): Given => ({
  gate_proj: { shape: [1, 2], values, dtype },
  up_proj: { shape: [1, 2], values: [1, 2], dtype },
  down_proj: { shape: [2, 1], values: [3, 4], dtype },
});

describe('verifying', () => {
  it('takes a sound file under its digest, computed here or just before', async () => {
    const bytes = fileOf(expert([1, 2]));
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const path = await written('sound', bytes);
    await verifyComponentFile(path, { sha256, kind: 'expert' });
    await verifyComponentFile(path, { sha256, kind: 'expert', computed: sha256 });
    await expect(verifyComponentFile(path, { sha256, kind: 'expert', computed: 'a'.repeat(64) })).rejects.toMatchObject({ reason: 'digest-differs' });
    await expect(verifyComponentFile(path, { sha256, kind: 'tokenizer' })).rejects.toMatchObject({ reason: 'malformed-tokenizer' });
    await expect(verifyComponentFile(path, { sha256, kind: 'backbone' })).rejects.toMatchObject({ reason: 'wrong-tensors' });
  });

  it('finds NaN and names its tensor', async () => {
    const bytes = fileOf(expert([1, Number.NaN]));
    const path = await written('nan', bytes);
    await expect(verifyComponentFile(path, { sha256: createHash('sha256').update(bytes).digest('hex'), kind: 'expert' })).rejects.toMatchObject({ reason: 'not-finite', tensor: 'gate_proj', message: expect.stringContaining('element 1') });
  });
});

describe('tensors of a kind', () => {
  const tensors = (given: Record<string, readonly number[]>, dtype: TensorDtype = 'F16'): Tensors => new Map(Object.entries(given).map(([name, shape]) => [name, { dtype, shape }]));
  const layer = (at: number): Record<string, readonly number[]> => ({
    [`layers.${at}.input_layernorm`]: [8], [`layers.${at}.post_attention_layernorm`]: [8], [`layers.${at}.q_proj`]: [8, 8], [`layers.${at}.k_proj`]: [4, 8], [`layers.${at}.v_proj`]: [4, 8], [`layers.${at}.o_proj`]: [8, 8],
  });
  const backbone: Record<string, readonly number[]> = { embed_tokens: [16, 8], norm: [8], lm_head: [16, 8], ...layer(0), ...layer(1) };

  it('knows routers, experts and backbones, with or without a head', () => {
    expect(misfitOfKind('router', tensors({ weight: [3, 8] }))).toBeNull();
    expect(misfitOfKind('expert', tensors({ gate_proj: [4, 8], up_proj: [4, 8], down_proj: [8, 4] }))).toBeNull();
    expect(misfitOfKind('backbone', tensors(backbone))).toBeNull();
    const { lm_head: _, ...tied } = backbone;
    expect(misfitOfKind('backbone', tensors(tied))).toBeNull();
  });

  it('names the tensor that is missing, too much, misshapen or of a dtype that cannot run', () => {
    expect(misfitOfKind('router', tensors({ weight: [3, 8], offset: [3] }))).toMatchObject({ tensor: 'offset' });
    expect(misfitOfKind('router', tensors({ weight: [3] }))).toMatchObject({ tensor: 'weight' });
    expect(misfitOfKind('expert', tensors({ gate_proj: [4, 8], up_proj: [4, 8] }))).toMatchObject({ tensor: 'down_proj' });
    expect(misfitOfKind('expert', tensors({ gate_proj: [4, 8], up_proj: [4, 8], down_proj: [4, 8] }))).toMatchObject({ tensor: 'down_proj', message: expect.stringContaining('[8, 4]') });
    expect(misfitOfKind('router', tensors({ weight: [3, 8] }, 'I8'))).toMatchObject({ tensor: 'weight', message: expect.stringContaining('I8') });
    const { 'layers.1.q_proj': __, ...holed } = backbone;
    expect(misfitOfKind('backbone', tensors(holed))).toMatchObject({ tensor: 'layers.1.q_proj' });
    expect(misfitOfKind('backbone', tensors({ 'layers.99999.q_proj': [8, 8] }))).toMatchObject({ tensor: null });
  });

  it('knows matrices that are held as whole numbers, with their scales', () => {
    // 40 inputs are two blocks of 32.
    const codes = (name: string, out: number, inputs: number, bytes: number, zeroPoints?: number) => {
      const blocks = Math.ceil(inputs / 32);
      const own: [string, { dtype: 'U8' | 'F32'; shape: number[] }][] = [[name, { dtype: 'U8', shape: [out, blocks, bytes] }], [`${name}.scales`, { dtype: 'F32', shape: [out, blocks] }]];
      return zeroPoints === undefined ? own : [...own, [`${name}.zero_points`, { dtype: 'U8', shape: [out, zeroPoints] }] as (typeof own)[number]];
    };
    const held = (bytes: number, zeroPoints?: number) => new Map([...codes('gate_proj', 8, 40, bytes, zeroPoints), ...codes('up_proj', 8, 40, bytes, zeroPoints), ...codes('down_proj', 40, 8, bytes)]);
    expect(misfitOfKind('expert', held(32))).toBeNull();
    expect(misfitOfKind('expert', held(16, 1))).toBeNull();
    expect(misfitOfKind('expert', held(16, 2))).toMatchObject({ tensor: 'gate_proj.zero_points' });
    expect(misfitOfKind('expert', held(24))).toMatchObject({ tensor: 'gate_proj' });
    const without = held(32);
    without.delete('up_proj.scales');
    expect(misfitOfKind('expert', without)).toMatchObject({ tensor: 'up_proj.scales' });
    expect(misfitOfKind('expert', new Map([...held(32), ...codes('bias', 1, 8, 32)]))).toMatchObject({ tensor: 'bias' });
    expect(misfitOfKind('router', new Map(codes('weight', 3, 8, 32)))).toMatchObject({ tensor: 'weight' });
  });

  it('measures against the shape of a model', () => {
    const manifest = {
      architecture: 'mixtral',
      shape: { vocabSize: 16, hiddenSize: 8, layers: 1, experts: 3, expertWidth: 4, attentionHeads: 4, keyValueHeads: 2, headSize: 2, contextTokens: 32, rmsNormEpsilon: 1e-5, ropeTheta: 1e4, slidingWindowTokens: null, tiedHead: false, bosTokenId: 0, eosTokenIds: [1] },
    } as const;
    expect(misfitOfModel('router/0', manifest, tensors({ weight: [3, 8] }))).toBeNull();
    expect(misfitOfModel('router/0', manifest, tensors({ weight: [4, 8] }))).toMatchObject({ tensor: 'weight', message: expect.stringContaining('[3, 8]') });
    expect(misfitOfModel('expert/0/7', manifest, tensors({ weight: [4, 8] }))).toMatchObject({ tensor: null });
  });
});

describe('comparing', () => {
  it('gives the measures that a calculation by hand gives', async () => {
    const a = await written('a', fileOf(expert([3, 4])));
    const b = await written('b', fileOf(expert([4, -3])));
    const [, gate, up] = await compareComponents(a, b);
    expect(gate).toMatchObject({ tensor: 'gate_proj', maxAbsDifference: 7, cosine: 0 });
    expect(gate?.relativeNorm).toBeCloseTo(Math.sqrt(50) / 5, 12);
    expect(up).toMatchObject({ maxAbsDifference: 0, relativeNorm: 0 });
  });

  it('widens bfloat16, tells zeros and shapes that cannot be compared', async () => {
    const a = await written('c', fileOf(expert([0.5, -2])));
    const b = await written('d', fileOf(expert([0.5, -2], 'BF16')));
    expect((await compareComponents(a, b))[1]).toMatchObject({ a: { dtype: 'F32' }, b: { dtype: 'BF16' }, maxAbsDifference: 0, cosine: expect.closeTo(1, 12) });
    const zeros = await written('e', fileOf(expert([0, 0])));
    expect((await compareComponents(zeros, a))[1]).toMatchObject({ maxAbsDifference: 2, relativeNorm: null, cosine: null });
    const other = await written('f', fileOf({ gate_proj: { shape: [2, 1], values: [1, 2] } }));
    expect((await compareComponents(a, other)).map(({ tensor, b: there, maxAbsDifference }) => [tensor, there !== null, maxAbsDifference])).toEqual([['down_proj', false, null], ['gate_proj', true, null], ['up_proj', false, null]]);
  });
});

describe('an upload area', () => {
  const ID = '0197280f-6000-7000-8000-000000000001';
  async function* chunks(...all: readonly (readonly number[])[]): AsyncGenerator<Uint8Array> {
    for (const one of all) yield Uint8Array.from(one);
  }

  it('appends at the end only, keeps what arrived before a break, and stops at the promised size', async () => {
    const area = await UploadArea.open(join(folder, 'components'));
    expect(await area.offsetOf(ID)).toBe(0);
    const seen: number[] = [];
    const onWritten = (run: Uint8Array): void => void seen.push(...run);
    expect(await area.append(ID, chunks([1, 2], [3]), { offsetBytes: 0, sizeBytes: 6, onWritten })).toEqual({ outcome: 'appended', offsetBytes: 3 });
    expect(await area.append(ID, chunks([9]), { offsetBytes: 0, sizeBytes: 6 })).toEqual({ outcome: 'wrong-offset', offsetBytes: 3 });
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Uint8Array.of(4);
      throw new Error('cut');
    }
    await expect(area.append(ID, broken(), { offsetBytes: 3, sizeBytes: 6, onWritten })).rejects.toThrow('cut');
    expect(await area.offsetOf(ID)).toBe(4);
    expect(await area.append(ID, chunks([5, 6, 7]), { offsetBytes: 4, sizeBytes: 6, onWritten })).toEqual({ outcome: 'too-long', offsetBytes: 6 });
    expect(seen).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await area.ids()).toEqual([ID]);
    await area.discard(ID);
    expect(await area.ids()).toEqual([]);
    expect(() => area.pathOf('../x')).toThrow(RangeError);
  });
});

it('marks stay until they are taken away', async () => {
  const root = join(folder, 'marked');
  const [one, other] = ['a'.repeat(64), 'b'.repeat(64)];
  const removals = await Removals.open(root);
  await removals.mark(other);
  await removals.mark(one);
  expect(await (await Removals.open(root)).marked()).toEqual([one, other]);
  await removals.unmark(one);
  expect(await removals.marked()).toEqual([other]);
  await expect(removals.mark('../x')).rejects.toThrow(RangeError);
});
