import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { routerName, TENSORS } from '#libs/release/component';
import { type ReleaseManifest, type RoutingSettings } from '#libs/release/manifest';
import { encodeTensorHeader } from '#libs/release/tensor-file-layout';
import { openWorkshop } from '../../../../test/fixtures/import-workshop.ts';
import { SMALL_CONFIG, smallTensors, writeCheckpoint } from '../../../../test/fixtures/small-checkpoint.ts';
import { newEngineParts } from '../engine-parts.ts';
import { type ForwardPass } from '../forward-pass.ts';
import { loadForwardPass } from '../load-release.ts';
import { CASE_EXPERTS } from './routing-cases.ts';

const CONFIG = { ...SMALL_CONFIG, hidden_size: 16, num_local_experts: CASE_EXPERTS };
export const SMALL_VOCABULARY = CONFIG.vocab_size;
export const SMALL_CHUNK_TOKENS = 16;
const MAX_CACHE_BYTES = 2 ** 26;

/** One small random model, loaded with any routing settings; releases share its sessions. */
export interface RoutedReleases extends AsyncDisposable {
  readonly manifest: ReleaseManifest;
  /** @param hasBias its routers have a selection bias; left out: as the gating needs it */
  load(routing: RoutingSettings, hasBias?: boolean): Promise<ForwardPass>;
}

export async function openRoutedReleases(): Promise<RoutedReleases> {
  const workshop = await openWorkshop();
  const tensors = smallTensors(CONFIG, 11);
  // Routers that have an opinion: with the weights of the fixture all experts are liked about equally.
  for (const [name, { bytes }] of tensors) if (name.endsWith('block_sparse_moe.gate.weight')) scaleAll(bytes!, 8);
  await writeCheckpoint(workshop.checkpoint, { config: CONFIG, tensors });
  const { manifest, components } = await workshop.import();
  const store = await workshop.openStore();
  const paths = Object.fromEntries(components.map(({ sha256 }) => [sha256, store.pathOf(sha256)]));
  const biased = { ...manifest.components };
  for (let layer = 0; layer < manifest.shape.layers; layer++) {
    const weight = tensors.get(`model.layers.${layer}.block_sparse_moe.gate.weight`)!.bytes!;
    const bytes = routerWithBias(weight, manifest.shape.hiddenSize);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    paths[sha256] = join(workshop.folder, sha256);
    await writeFile(paths[sha256], bytes);
    biased[routerName(layer)] = sha256;
  }
  const parts = newEngineParts(MAX_CACHE_BYTES);
  return {
    manifest,
    load: (routing, hasBias = routing.gating === 'sigmoid-bias') =>
      loadForwardPass({
        manifest: { ...manifest, routing, components: hasBias ? biased : manifest.components },
        components: paths,
        threads: 1,
        chunkTokens: SMALL_CHUNK_TOKENS,
        maxCacheBytes: MAX_CACHE_BYTES,
        parts,
      }),
    [Symbol.asyncDispose]: () => workshop[Symbol.asyncDispose](),
  };
}

function scaleAll(bytes: Uint8Array, factor: number): void {
  const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  for (let at = 0; at < values.length; at++) values[at]! *= factor;
}

function routerWithBias(weight: Uint8Array, hiddenSize: number): Uint8Array {
  const bias = Float32Array.from({ length: CASE_EXPERTS }, (_, expert) => (expert % 3) * 0.2 - 0.2);
  const { bytes, fileBytes, table } = encodeTensorHeader([
    { name: TENSORS.router.weight, dtype: 'F32', shape: [CASE_EXPERTS, hiddenSize] },
    { name: TENSORS.router.bias, dtype: 'F32', shape: [CASE_EXPERTS] },
  ]);
  const file = new Uint8Array(fileBytes);
  file.set(bytes);
  file.set(weight, table.tensors.get(TENSORS.router.weight)!.begin);
  file.set(new Uint8Array(bias.buffer), table.tensors.get(TENSORS.router.bias)!.begin);
  return file;
}
