import { routerName, TENSORS } from '#libs/release/component';
import { type ReleaseManifest } from '#libs/release/manifest';
import { readTensor, ReleaseLoadError, weightSlice } from './component-weights.ts';
import { embeddingTable } from './embedding.ts';
import { type ReleaseWeights, requireComponent } from './release-weights.ts';

/**
 * By layer, the selection bias of its router, [experts]; null where a router has none, which is all zero.
 * null for a release whose gating knows no bias.
 * @throws ReleaseLoadError for a bias of another shape, or one that the release's gating would leave out
 */
export async function readSelectionBiases(weights: ReleaseWeights, { shape, routing }: ReleaseManifest): Promise<readonly (Float32Array | null)[] | null> {
  const biases: (Float32Array | null)[] = [];
  for (let layer = 0; layer < shape.layers; layer++) {
    const router = requireComponent(weights, routerName(layer));
    if (!router.tensors.has(TENSORS.router.bias)) {
      biases.push(null);
      continue;
    }
    if (routing.gating !== 'sigmoid-bias') {
      throw new ReleaseLoadError(router.name, `it has a selection bias, which ${routing.gating} would leave out; set routing.gating to sigmoid-bias or take a router without one`);
    }
    const slice = weightSlice(router, TENSORS.router.bias, [shape.experts]);
    const bias = new Float32Array(shape.experts);
    // A row of an embedding is read from the same dtypes.
    embeddingTable(await readTensor(router, slice), slice.type, shape.experts).gather(Uint32Array.of(0), bias, 0);
    if (!bias.every((value) => Number.isFinite(value))) throw new ReleaseLoadError(router.name, 'its selection bias is not finite; upload it again');
    biases.push(bias);
  }
  return routing.gating === 'sigmoid-bias' ? biases : null;
}
