import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importTinyRelease, type TinyRelease } from '../../../test/fixtures/tiny-release.ts';
import { readTensorTable, verifyComponentFile } from '../components/component-file.ts';
import { ComponentStore } from '../components/component-store.ts';
import { quantiseRelease, type Selection } from './quantise-release.ts';
import { METHODS } from './quantise.ts';

let folder: string;
let base: TinyRelease;
let store: ComponentStore;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-derive-'));
  base = await importTinyRelease(folder);
  store = await ComponentStore.open(join(folder, 'components'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const derive = (components: Selection, precision: 'int8' | 'int4' = 'int8', signal?: AbortSignal) =>
  quantiseRelease({ base: base.manifest, components, method: METHODS[precision], store, journalDirectory: join(folder, 'imports'), ...(signal ? { signal } : {}) });

describe('quantising a release', () => {
  it('makes new versions of what is named, each with what it was made from, and leaves the rest', async () => {
    const { manifest, components } = await derive(['expert/2/5', 'backbone']);
    expect(components.map(({ name }) => name)).toEqual(['backbone', 'expert/2/5']);
    for (const { name, sha256, from, sizeBytes } of components) {
      expect(manifest.components[name]).toBe(sha256);
      expect(from).toBe(base.manifest.components[name]);
      const { metadata } = await readTensorTable(store.pathOf(sha256));
      expect(metadata).toEqual({ format: 'signalbox.quantised/1', method: 'block-32-int8-symmetric/1', quantised_from: from });
      await verifyComponentFile(store.pathOf(sha256), { sha256, kind: name === 'backbone' ? 'backbone' : 'expert' });
      expect(sizeBytes).toBeLessThan((await readFile(store.pathOf(from!))).length);
    }
    const changed = Object.keys(manifest.components).filter((name) => manifest.components[name] !== base.manifest.components[name]);
    expect(changed.toSorted()).toEqual(['backbone', 'expert/2/5']);
  });

  it('gives the same bytes each time, and goes on where it was cut short', async () => {
    const some = ['expert/0/0', 'expert/0/1', 'expert/1/0', 'expert/1/1'];
    const stop = new AbortController();
    const cut = quantiseRelease({
      base: base.manifest, components: some, method: METHODS.int4, store, journalDirectory: join(folder, 'imports'), signal: stop.signal,
      onProgress: ({ component }) => component === 'expert/1/0' && stop.abort(new Error('cut short')),
    });
    await expect(cut).rejects.toThrow('cut short');
    const written: string[] = [];
    const { components, releaseId } = await quantiseRelease({
      base: base.manifest, components: some, method: METHODS.int4, store, journalDirectory: join(folder, 'imports'),
      onProgress: ({ component }) => written.push(component ?? ''),
    });
    expect(components.map(({ name }) => name)).toEqual(some);
    expect(written.at(-1)).toBe('');
    const elsewhere = await ComponentStore.open(join(folder, 'elsewhere'));
    for (const sha256 of some.map((name) => base.manifest.components[name]!)) {
      await elsewhere.write((async function* () { yield await readFile(store.pathOf(sha256)); })());
    }
    const again = await quantiseRelease({ base: base.manifest, components: some, method: METHODS.int4, store: elsewhere, journalDirectory: join(folder, 'elsewhere-imports') });
    expect(again.releaseId).toBe(releaseId);
  });

  it('refuses what cannot be quantised, with the name and the remedy', async () => {
    await expect(derive(['router/0'])).rejects.toMatchObject({ reason: 'not-quantisable', component: 'router/0' });
    await expect(derive(['expert/9/0'])).rejects.toMatchObject({ reason: 'unknown-component', component: 'expert/9/0' });
    await expect(derive([])).rejects.toMatchObject({ reason: 'malformed-order' });
    const once = await derive(['expert/0/1']);
    const twice = quantiseRelease({ base: once.manifest, components: ['expert/0/1'], method: METHODS.int4, store, journalDirectory: join(folder, 'imports') });
    await expect(twice).rejects.toMatchObject({ reason: 'already-quantised', component: 'expert/0/1' });
  });
});
