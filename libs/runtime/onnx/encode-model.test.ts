import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { encodeModel } from './encode-model.ts';
import { expertGraph } from './expert-graph.ts';
import { GraphBuilder, type WeightSlice } from './graph-builder.ts';

describe('encodeModel', () => {
  it('gives a model that ONNX Runtime runs, weights read from a file beside it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'signalbox-onnx-'));
    const weights = Float32Array.of(99, 1, 2, 3, 4, 5, 6);
    await writeFile(join(folder, 'weights.bin'), new Uint8Array(weights.buffer));
    const slice: WeightSlice = { type: 'F32', shape: [2, 3], location: 'weights.bin', offsetBytes: 4, sizeBytes: 24 };
    const graph = new GraphBuilder();
    const x = graph.input('x', 'F32', ['rows', 3]);
    graph.project(x, [slice, slice], graph.output('y', ['rows', 4]));
    const path = join(folder, 'model.onnx');
    await writeFile(path, encodeModel(graph.model('projection')));

    const session = await InferenceSession.create(path, { logSeverityLevel: 3 });
    const { y } = await session.run({ x: new Tensor('float32', Float32Array.of(1, 0, 0, 1, 1, 1), [2, 3]) });
    expect([...(y!.data as Float32Array)]).toEqual([1, 4, 1, 4, 6, 15, 6, 15]);
    await session.release();
    await rm(folder, { recursive: true });
  });

  it('gives the same bytes for the same model', () => {
    const slice = (rows: number, columns: number): WeightSlice => ({
      type: 'F16',
      shape: [rows, columns],
      location: 'expert.safetensors',
      offsetBytes: 64,
      sizeBytes: rows * columns * 2,
    });
    const model = () => encodeModel(expertGraph({ gate: slice(6, 4), up: slice(6, 4), down: slice(4, 6) }, 4));
    expect(Buffer.from(model()).equals(Buffer.from(model()))).toBe(true);
  });
});
