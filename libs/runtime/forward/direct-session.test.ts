import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { encodeModel } from '../onnx/encode-model.ts';
import { GraphBuilder } from '../onnx/graph-builder.ts';
import { openDirectSession, type Session } from './direct-session.ts';

const OPTIONS: InferenceSession.SessionOptions = { executionProviders: ['cpu'], intraOpNumThreads: 1, interOpNumThreads: 1 };
const WIDTH = 33;

function softmaxModel(): Uint8Array {
  const graph = new GraphBuilder();
  const x = graph.input('x', 'F32', ['rows', WIDTH]);
  const shares = graph.node('Softmax', [x], { axis: { int: -1 } }, graph.output('shares', ['rows', WIDTH]));
  graph.node('Mul', [x, shares], {}, graph.output('product', ['rows', WIDTH]));
  return encodeModel(graph.model('shares'));
}

const x = (rows: number) => new Tensor('float32', Float32Array.from({ length: rows * WIDTH }, (_, at) => Math.sin(at) * 9), [rows, WIDTH]);

/** The tests name the installed version: a new one must be tried, and then added to the known ones. */
function open(): Required<Session> {
  const session = openDirectSession(softmaxModel(), OPTIONS);
  if (session === null) throw new Error('this version of onnxruntime-node is not known to direct-session.ts');
  return session;
}

it('gives what the public way gives, bit for bit', async () => {
  const known = await InferenceSession.create(softmaxModel(), OPTIONS);
  const direct = open();
  for (const rows of [1, 2, 7]) {
    const wanted = await known.run({ x: x(rows) });
    for (const given of [direct.runNow({ x: x(rows) }), await direct.run({ x: x(rows) })]) {
      for (const name of ['shares', 'product']) {
        expect(given[name]).toBeInstanceOf(Tensor);
        expect(given[name]!.dims).toEqual([rows, WIDTH]);
        expect(given[name]!.data).toEqual(wanted[name]!.data);
      }
    }
  }
  expect(direct.inputMetadata).toEqual(known.inputMetadata);
  await known.release();
  await direct.release();
});

it('keeps what it gave when it runs again', async () => {
  const direct = open();
  const first = direct.runNow({ x: x(1) })['shares']!.data as Float32Array;
  const before = Float32Array.from(first);
  direct.runNow({ x: new Tensor('float32', new Float32Array(WIDTH), [1, WIDTH]) });
  expect(first).toEqual(before);
  await direct.release();
});

it('throws what the runtime throws, and goes on', async () => {
  const direct = open();
  expect(() => direct.runNow({})).toThrow(/input|x/i);
  const narrow = new Tensor('float32', new Float32Array(2), [1, 2]);
  expect(() => direct.runNow({ x: narrow })).toThrow(/dimension/i);
  await expect(direct.run({ x: narrow })).rejects.toThrow(/dimension/i);
  expect(direct.runNow({ x: x(1) })['shares']!.dims).toEqual([1, WIDTH]);
  await direct.release();
});

it('leaves the work to the public way for a version that is not known', () => {
  expect(openDirectSession(softmaxModel(), OPTIONS, '1.29.0')).toBeNull();
});
