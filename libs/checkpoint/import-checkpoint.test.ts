import * as fc from 'fast-check';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeTensorHeader } from '#libs/release/tensor-file';
import { releaseIdOf, validateManifest } from '#libs/release/manifest-digest';
import { openWorkshop, type ImportWorkshop } from '../../test/fixtures/import-workshop.ts';
import { fuseExperts, SMALL_CONFIG, smallTensors, writeCheckpoint, type CheckpointTensors } from '../../test/fixtures/small-checkpoint.ts';
import { TINY_MIXTRAL } from '../../test/fixtures/tiny-release.ts';
import { type ImportProgress } from './import-checkpoint.ts';

const CHANGED = 'model.layers.1.block_sparse_moe.experts.2.w2.weight';

function tensorBytes(file: Uint8Array): Map<string, Uint8Array> {
  const { tensors } = decodeTensorHeader(file, file.byteLength);
  return new Map([...tensors].map(([name, { begin, end }]) => [name, file.subarray(begin, end)]));
}

async function readTensors(path: string): Promise<CheckpointTensors> {
  const file = await readFile(path);
  const { tensors } = decodeTensorHeader(file, file.byteLength);
  return new Map([...tensors].map(([name, { dtype, shape, begin, end }]) => [name, { dtype, shape, bytes: file.subarray(begin, end) }]));
}

async function stopAt(component: string, workshop: ImportWorkshop): Promise<void> {
  const controller = new AbortController();
  const onProgress = (progress: ImportProgress): void => {
    if (progress.component === component) controller.abort();
  };
  await expect(workshop.import({ signal: controller.signal, onProgress })).rejects.toThrow('abort');
}

describe('importCheckpoint', () => {
  it("keeps the demo model's tensors byte for byte, in a component for each router and expert", async () => {
    await using workshop = await openWorkshop();
    const { manifest, releaseId, components, warnings } = await workshop.import({ directory: TINY_MIXTRAL });
    expect(components).toHaveLength(2 + 4 + 4 * 8);
    expect(validateManifest(manifest)).toEqual([]);
    expect(releaseId).toBe(releaseIdOf(manifest));
    expect(warnings).toEqual([]);
    expect(manifest.shape).toMatchObject({ layers: 4, experts: 8, expertWidth: 320, headSize: 32, eosTokenIds: [1], slidingWindowTokens: null });
    const store = await workshop.openStore();
    const source = await readTensors(join(TINY_MIXTRAL, 'model.safetensors'));
    const component = async (name: string): Promise<Map<string, Uint8Array>> => tensorBytes(await readFile(store.pathOf(manifest.components[name]!)));
    for (let layer = 0; layer < 4; layer += 1) {
      const block = `model.layers.${layer}.block_sparse_moe`;
      expect(await component(`router/${layer}`)).toEqual(new Map([['weight', source.get(`${block}.gate.weight`)!.bytes]]));
      for (let index = 0; index < 8; index += 1) {
        const expert = await component(`expert/${layer}/${index}`);
        expect(expert.get('gate_proj')).toEqual(source.get(`${block}.experts.${index}.w1.weight`)!.bytes);
        expect(expert.get('up_proj')).toEqual(source.get(`${block}.experts.${index}.w3.weight`)!.bytes);
        expect(expert.get('down_proj')).toEqual(source.get(`${block}.experts.${index}.w2.weight`)!.bytes);
      }
    }
    const backbone = await component('backbone');
    expect(backbone.size).toBe(3 + 4 * 6);
    expect(backbone.get('layers.2.k_proj')).toEqual(source.get('model.layers.2.self_attn.k_proj.weight')!.bytes);
    const tokenizer = JSON.parse(await readFile(store.pathOf(manifest.components['tokenizer']!), 'utf8')) as { files: Record<string, string> };
    for (const [name, text] of Object.entries(tokenizer.files)) expect(text).toBe(await readFile(join(TINY_MIXTRAL, name), 'utf8'));
    expect(Object.keys(tokenizer.files)).toEqual(['generation_config.json', 'tokenizer.json', 'tokenizer_config.json']);
    for (const { sha256, sizeBytes } of components) {
      expect(await store.verify(sha256)).toBe('intact');
      const file = await stat(store.pathOf(sha256));
      expect([file.size, file.mode & 0o222]).toEqual([sizeBytes, 0]);
    }
  });

  it('writes nothing new for a checkpoint that is already there', async () => {
    await using workshop = await openWorkshop();
    await writeCheckpoint(workshop.checkpoint);
    const first = await workshop.import();
    const before = await workshop.leftovers();
    const second = await workshop.import();
    expect(first.components.every(({ reused }) => !reused)).toBe(true);
    expect(second.components.every(({ reused }) => reused)).toBe(true);
    expect(second.releaseId).toBe(first.releaseId);
    expect(await workshop.leftovers()).toEqual(before);
    expect(before).toHaveLength(first.components.length);
  });

  it('reuses all but the expert that changed', async () => {
    await using workshop = await openWorkshop();
    await writeCheckpoint(workshop.checkpoint);
    await workshop.import();
    const tensors = smallTensors();
    tensors.set(CHANGED, { ...tensors.get(CHANGED)!, bytes: smallTensors(SMALL_CONFIG, 2).get(CHANGED)!.bytes });
    await writeCheckpoint(workshop.checkpoint, { tensors });
    const { components } = await workshop.import();
    expect(components.filter(({ reused }) => !reused).map(({ name }) => name)).toEqual(['expert/1/2']);
  });

  it.each([
    ['in three shards', { shards: 3 }],
    ['in the fused layout of transformers 5', { tensors: fuseExperts(smallTensors()) }],
    ['in the fused layout, sharded', { tensors: fuseExperts(smallTensors()), shards: 2 }],
    ['with rotary frequencies stored', { tensors: smallTensors().set('model.layers.0.self_attn.rotary_emb.inv_freq', { dtype: 'F32', shape: [2], bytes: null }) }],
  ])('gives the same release for the same weights %s', async (_how, checkpoint) => {
    await using workshop = await openWorkshop();
    await writeCheckpoint(workshop.checkpoint);
    const single = await workshop.import();
    const other = join(workshop.folder, 'other');
    await writeCheckpoint(other, checkpoint);
    expect(await workshop.import({ directory: other })).toMatchObject({ releaseId: single.releaseId, warnings: [] });
  });

  it('names the tensors that it leaves out', async () => {
    await using workshop = await openWorkshop();
    const tensors = smallTensors().set('model.layers.0.self_attn.q_proj.bias', { dtype: 'F32', shape: [16], bytes: null });
    await writeCheckpoint(workshop.checkpoint, { tensors });
    const { warnings } = await workshop.import();
    expect(warnings.join('\n')).toContain('model.layers.0.self_attn.q_proj.bias');
  });

  it('needs no head where it is tied to the embedding', async () => {
    await using workshop = await openWorkshop();
    const tensors = smallTensors();
    tensors.delete('lm_head.weight');
    await writeCheckpoint(workshop.checkpoint, { config: { ...SMALL_CONFIG, tie_word_embeddings: true }, tensors });
    const { manifest } = await workshop.import();
    expect(manifest.shape.tiedHead).toBe(true);
  });

  it('reports progress that never goes back and ends complete', async () => {
    await using workshop = await openWorkshop();
    await writeCheckpoint(workshop.checkpoint);
    const seen: ImportProgress[] = [];
    const { components } = await workshop.import({ onProgress: (progress) => seen.push(progress) });
    expect(seen.at(0)?.phase).toBe('checking');
    expect(seen.at(-1)).toEqual({ phase: 'publishing', bytesDone: seen.at(-1)?.bytesTotal, bytesTotal: seen.at(-1)?.bytesTotal, component: null });
    expect(seen.at(-1)?.bytesTotal).toBe(components.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
    expect(seen.map(({ bytesDone }) => bytesDone)).toEqual(seen.map(({ bytesDone }) => bytesDone).toSorted((a, b) => a - b));
    expect(new Set(seen.flatMap(({ component }) => component ?? []))).toEqual(new Set(components.map(({ name }) => name)));
  });
});

describe('an interrupted import', () => {
  it('shows nothing in the store, wherever it stops, and completes when it is started again', async () => {
    await using reference = await openWorkshop();
    await writeCheckpoint(reference.checkpoint);
    const expected = await reference.import();
    const total = expected.components.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const stops = fc.array(fc.integer({ min: 0, max: total }), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(stops, async (cuts) => {
        await using workshop = await openWorkshop();
        for (const cut of cuts) {
          const controller = new AbortController();
          const interrupted = workshop.import({
            directory: reference.checkpoint,
            signal: controller.signal,
            onProgress: ({ bytesDone, phase }) => {
              if (phase === 'writing' && bytesDone >= cut) controller.abort();
            },
          });
          await expect(interrupted).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
          expect(await workshop.stored()).toEqual([]);
          expect((await workshop.leftovers()).filter((path) => path.endsWith('.partial'))).toEqual([]);
        }
        const { releaseId, components } = await workshop.import({ directory: reference.checkpoint });
        expect(releaseId).toBe(expected.releaseId);
        expect(await workshop.stored()).toEqual(components.map(({ sha256 }) => sha256).toSorted());
        expect(await workshop.leftovers()).toHaveLength(components.length);
      }),
      { numRuns: 15 },
    );
  });

  it('does not write again what was finished', async () => {
    await using workshop = await openWorkshop();
    await writeCheckpoint(workshop.checkpoint);
    await stopAt('expert/1/1', workshop);
    const staged = (await workshop.leftovers()).filter((path) => /[0-9a-f]{64}$/.test(path));
    const inodes = await Promise.all(staged.map(async (path) => (await stat(path)).ino));
    const { components } = await workshop.import();
    const store = await workshop.openStore();
    const published = await Promise.all(components.map(async ({ sha256 }) => (await stat(store.pathOf(sha256))).ino));
    // All that came before expert/1/1: backbone, two routers, four experts. The tokenizer is small and made anew.
    expect(inodes.filter((inode) => published.includes(inode)).length).toBeGreaterThanOrEqual(7);
  });

  it('notices that the checkpoint has changed in between', async () => {
    await using workshop = await openWorkshop();
    await writeCheckpoint(workshop.checkpoint);
    await stopAt('expert/1/2', workshop);
    const tensors = smallTensors(SMALL_CONFIG, 7);
    await writeCheckpoint(workshop.checkpoint, { tensors });
    const { releaseId } = await workshop.import();
    await using fresh = await openWorkshop();
    expect((await fresh.import({ directory: workshop.checkpoint })).releaseId).toBe(releaseId);
  });

  it('is not misled by a torn journal', async () => {
    await using workshop = await openWorkshop();
    await writeCheckpoint(workshop.checkpoint);
    await stopAt('expert/1/0', workshop);
    const journal = (await workshop.leftovers()).find((path) => path.endsWith('.jsonl'))!;
    const text = await readFile(journal, 'utf8');
    await writeFile(journal, text.slice(0, -40));
    const { releaseId } = await workshop.import();
    await using fresh = await openWorkshop();
    expect((await fresh.import({ directory: workshop.checkpoint })).releaseId).toBe(releaseId);
  });

  it('lets two imports of one checkpoint run at once', async () => {
    await using workshop = await openWorkshop();
    await writeCheckpoint(workshop.checkpoint);
    const [first, second] = await Promise.all([workshop.import(), workshop.import()]);
    expect(first.releaseId).toBe(second.releaseId);
    expect(await workshop.stored()).toEqual(first.components.map(({ sha256 }) => sha256).toSorted());
  });
});
