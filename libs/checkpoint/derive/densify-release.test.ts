import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { validateManifest } from '#libs/release/manifest-digest';
import { importTinyRelease, type TinyRelease } from '../../../test/fixtures/tiny-release.ts';
import { seededRandom } from '../../../test/harness/random.ts';
import { verifyComponentFile, readTensorTable } from '../components/component-file.ts';
import { ComponentStore } from '../components/component-store.ts';
import { chunkReader } from '../components/weight-reader.ts';
import { densifyRelease } from './densify-release.ts';
import { METHODS } from './quantise.ts';
import { quantiseRelease } from './quantise-release.ts';

let folder: string;
let base: TinyRelease;
let store: ComponentStore;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-densify-'));
  base = await importTinyRelease(folder);
  store = await ComponentStore.open(join(folder, 'components'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const CHOSEN = [[4, 1], [6, 0], [7, 2], [2, 3]].map((layer) => layer.map((expert, at) => ({ expert, gate: at === 0 ? 0.7 : 0.3 })));
const request = () => ({ base: base.manifest, model: 'tiny-dense', store, journalDirectory: join(folder, 'imports') });

/** A SwiGLU expert in fp64, read from its file. */
async function expertOf(sha256: string): Promise<(x: readonly number[]) => number[]> {
  const { tensors } = await readTensorTable(store.pathOf(sha256));
  await using file = await open(store.pathOf(sha256), 'r');
  const matrices: Record<string, { rows: number; columns: number; values: number[] }> = {};
  for (const [name, entry] of tensors) {
    const [rows, columns] = entry.shape as [number, number];
    const read = chunkReader({ file, entry });
    const values: number[] = [];
    for (let row = 0; row < rows; row += 1) values.push(...Array.from(await read(row * columns, columns)));
    matrices[name] = { rows, columns, values };
  }
  const product = (name: string, x: readonly number[]): number[] => {
    const { rows, columns, values } = matrices[name]!;
    return Array.from({ length: rows }, (_, row) => x.reduce((sum, value, at) => sum + value * values[row * columns + at]!, 0));
  };
  return (x) => {
    const up = product('up_proj', x);
    return product('down_proj', product('gate_proj', x).map((value, at) => (value / (1 + Math.exp(-value))) * up[at]!));
  };
}

describe('a dense twin', () => {
  it('gives the weighted sum of its experts, shares backbone and tokenizer, and is a release of its own model', async () => {
    const { manifest, components } = await densifyRelease({ ...request(), chosen: CHOSEN });
    expect(validateManifest(manifest)).toEqual([]);
    expect(manifest.shape).toMatchObject({ experts: 1, expertWidth: 640 });
    for (const name of ['backbone', 'tokenizer']) expect(manifest.components[name]).toBe(base.manifest.components[name]);
    for (const { name, sha256 } of components) await verifyComponentFile(store.pathOf(sha256), { sha256, kind: name.startsWith('router') ? 'router' : 'expert' });
    const random = seededRandom(3);
    const x = Array.from({ length: 256 }, () => random() * 2 - 1);
    const dense = (await expertOf(manifest.components['expert/1/0']!))(x);
    const [first, second] = [(await expertOf(base.manifest.components['expert/1/6']!))(x), (await expertOf(base.manifest.components['expert/1/0']!))(x)];
    for (const [at, value] of dense.entries()) expect(value).toBeCloseTo(0.7 * first[at]! + 0.3 * second[at]!, 6);
  });

  it('gives the same bytes again', async () => {
    const [one, two] = [await densifyRelease({ ...request(), chosen: CHOSEN }), await densifyRelease({ ...request(), chosen: CHOSEN })];
    expect(two.releaseId).toBe(one.releaseId);
    const bytes = await readFile(store.pathOf(one.manifest.components['expert/0/0']!));
    expect(bytes.length).toBeGreaterThan(0);
  });

  it('refuses layers that differ, experts that are none, and quantised ones', async () => {
    await expect(densifyRelease({ ...request(), chosen: CHOSEN.slice(1) })).rejects.toThrow('each of the 4 layers');
    await expect(densifyRelease({ ...request(), chosen: [CHOSEN[0]!.slice(1), ...CHOSEN.slice(1)] })).rejects.toThrow('1 different experts');
    await expect(densifyRelease({ ...request(), chosen: [[{ expert: 8, gate: 1 }, { expert: 0, gate: 1 }], ...CHOSEN.slice(1)] })).rejects.toThrow('0 to 7');
    await expect(densifyRelease({ ...request(), model: 'no name', chosen: CHOSEN })).rejects.toThrow('name of the twin');
    const quantised = await quantiseRelease({ ...request(), components: ['expert/0/4'], method: METHODS.int8 });
    await expect(densifyRelease({ ...request(), base: quantised.manifest, chosen: CHOSEN })).rejects.toMatchObject({ reason: 'not-float', component: 'expert/0/4' });
  });
});
