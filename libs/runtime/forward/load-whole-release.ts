import { BACKBONE } from '#libs/release/component';
import { type ReleaseManifest } from '#libs/release/manifest';
import { isPlainRouting } from '#libs/release/plain-routing';
import { wholeGraph } from '../onnx/whole-graph.ts';
import { readComponentWeights, readTensor } from './component-weights.ts';
import { embeddingTable } from './embedding.ts';
import { newEngineParts } from './engine-parts.ts';
import { type ExecutionProvider } from './engine-plan.ts';
import { type ForwardPass } from './forward-pass.ts';
import { type LoadRequest, newHealth } from './load-release.ts';
import { makeSession } from './make-session.ts';
import { embeddingSlice, expertWeights, headWeights, layerWeights, loadedBytes, openReleaseWeights, requireComponent } from './release-weights.ts';
import { readSelectionBiases } from './selection-bias.ts';
import { WholeForwardPass } from './whole-forward-pass.ts';

/** Characters of routing settings in a message. */
const MAX_SHOWN = 300;

/** The whole-graph plan cannot serve what a release asks for. */
export class PlanError extends Error {
  override readonly name = 'PlanError';
}

/**
 * Loads a release for the whole-graph plan: one session on the execution provider. Nothing is shared
 * between releases but the bound of the caches.
 * @throws PlanError for routing that this plan has no operators for; ReleaseLoadError for a missing,
 *   unreadable or misshapen component
 */
export async function loadWholeForwardPass(request: LoadRequest, provider: ExecutionProvider): Promise<ForwardPass> {
  const { manifest, components, threads, chunkTokens } = request;
  requirePlain(manifest);
  const parts = request.parts ?? newEngineParts(request.maxCacheBytes);
  const weights = await openReleaseWeights(manifest, components, readComponentWeights);
  // A bias that plain selection would leave out is refused here too.
  await readSelectionBiases(weights, manifest);
  const { layers, experts } = manifest.shape;
  const graph = wholeGraph(
    {
      layers: Array.from({ length: layers }, (_, layer) => layerWeights(weights, manifest, layer)),
      experts: Array.from({ length: layers }, (_, layer) => Array.from({ length: experts }, (__, index) => expertWeights(weights, manifest, layer, index))),
      head: headWeights(weights, manifest),
    },
    manifest.shape,
    manifest.routing,
  );
  const backbone = requireComponent(weights, BACKBONE);
  const slice = embeddingSlice(weights, manifest);
  const embedding = embeddingTable(await readTensor(backbone, slice), slice.type, manifest.shape.hiddenSize);
  // Every component is one of the graph's files.
  const session = await parts.pacer.between(() => makeSession(graph, [...weights.values()], threads, provider));
  return new WholeForwardPass({
    shape: manifest.shape,
    routing: manifest.routing,
    session,
    health: request.health ?? newHealth(manifest, parts),
    embedding,
    chunkTokens,
    cacheMemory: parts.cacheMemory,
    weightBytes: loadedBytes(weights, manifest),
    release: () => session.release(),
  });
}

/** @throws PlanError */
function requirePlain({ routing }: ReleaseManifest): void {
  if (isPlainRouting(routing)) return;
  throw new PlanError(`the whole-graph plan selects by softmax top-k alone, and this release asks for more (${JSON.stringify(routing).slice(0, MAX_SHOWN)}); serve it with SIGNALBOX_ENGINE_PLAN=split`);
}
