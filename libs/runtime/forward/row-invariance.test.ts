import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { quantiseTinyRelease } from '../../../test/fixtures/quantised-release.ts';
import { importTinyRelease, type TinyRelease } from '../../../test/fixtures/tiny-release.ts';
import { seededRandom } from '../../../test/harness/random.ts';
import { encodeModel } from '../onnx/encode-model.ts';
import { expertGraph } from '../onnx/expert-graph.ts';
import { expertWeights, openReleaseWeights, requireComponent } from './release-weights.ts';

const ROWS = 300;
const WIDTH = 256;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-rows-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** An expert of a release as a model file, its weights beside it. */
async function writeExpert({ manifest, components }: TinyRelease): Promise<string> {
  const weights = await openReleaseWeights(manifest, components);
  const expert = requireComponent(weights, 'expert/0/0');
  const modelPath = join(folder, `${expert.location}.onnx`);
  await copyFile(expert.path, join(dirname(modelPath), expert.location));
  await writeFile(modelPath, encodeModel(expertGraph(expertWeights(weights, manifest, 0, 0), WIDTH)));
  return modelPath;
}

/** What lets prefill and decode share a run: the plan rests on it, so it is checked on the machine at hand. */
describe('rows of a prepacked matrix product', () => {
  it.each(['fp32', 'int8', 'int4'] as const)('have the same bits in any number of rows, with one thread and with two, at %s', async (precision) => {
    const modelPath = await writeExpert(precision === 'fp32' ? await importTinyRelease(folder) : await quantiseTinyRelease(folder, precision, ['expert/0/0']));
    const random = seededRandom(11);
    const x = Float32Array.from({ length: ROWS * WIDTH }, () => random() * 2 - 1);
    const run = async (session: InferenceSession, from: number, rows: number) => {
      const slice = x.subarray(from * WIDTH, (from + rows) * WIDTH);
      const { y } = await session.run({ x: new Tensor('float32', slice, [rows, WIDTH]) });
      const data = y!.data as Float32Array;
      return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    };
    let wanted: Buffer | null = null;
    for (const intraOpNumThreads of [1, 2]) {
      const options = { intraOpNumThreads, extra: { session: { intra_op: { allow_spinning: '0' } } } };
      const session = await InferenceSession.create(modelPath, options);
      wanted ??= await run(session, 0, ROWS);
      for (let rows = 1; rows <= ROWS; rows += rows < 34 ? 1 : 19) {
        const from = Math.floor(random() * (ROWS - rows + 1));
        const same = (await run(session, from, rows)).equals(wanted.subarray(from * WIDTH * 4, (from + rows) * WIDTH * 4));
        expect(same, `${rows} rows from ${from}, ${intraOpNumThreads} threads`).toBe(true);
      }
      await session.release();
    }
  });
});
