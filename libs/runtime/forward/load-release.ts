import { type InferenceSession } from 'onnxruntime-node';
import { BACKBONE, expertName, routerName } from '#libs/release/component';
import { type ReleaseManifest } from '#libs/release/manifest';
import { type Sha256Paths } from '../engine/release-source.ts';
import { attentionGraph, projectionGraph } from '../onnx/attention-graph.ts';
import { expertGraph } from '../onnx/expert-graph.ts';
import { headGraph } from '../onnx/head-graph.ts';
import { type OnnxModel } from '../onnx/model.ts';
import { type ComponentWeights, readTensor } from './component-weights.ts';
import { embeddingTable } from './embedding.ts';
import { type ForwardPass } from './forward-pass.ts';
import { PlanFolder } from './plan-folder.ts';
import {
  embeddingSlice,
  expertWeights,
  headWeights,
  layerWeights,
  loadedBytes,
  openReleaseWeights,
  type ReleaseWeights,
  requireComponent,
} from './release-weights.ts';
import { SplitForwardPass, type SplitSessions } from './split-forward-pass.ts';

export interface LoadRequest {
  readonly manifest: ReleaseManifest;
  readonly components: Sha256Paths;
  /** Folder for short-lived files; best on the components' file system, so that they can be linked. */
  readonly plansDirectory: string;
  /** Threads of one run. */
  readonly threads: number;
  /** Longest item of a step, in tokens. */
  readonly chunkTokens: number;
  readonly maxCacheBytes: number;
}

/**
 * Loads a release for the SPLIT plan: for each layer a session for the projections, one for attention
 * and router and one for each expert; one for the head.
 * @throws ReleaseLoadError for a missing, unreadable or misshapen component
 */
export async function loadForwardPass(request: LoadRequest): Promise<ForwardPass> {
  const { manifest } = request;
  const weights = await openReleaseWeights(manifest, request.components);
  const embedding = embeddingSlice(weights, manifest);
  const table = embeddingTable(
    await readTensor(requireComponent(weights, BACKBONE), embedding),
    embedding.type,
    manifest.shape.hiddenSize,
  );
  return new SplitForwardPass({
    shape: manifest.shape,
    routing: manifest.routing,
    sessions: await makeSessions(request, weights),
    embedding: table,
    chunkTokens: request.chunkTokens,
    maxCacheBytes: request.maxCacheBytes,
    weightBytes: loadedBytes(weights, manifest),
  });
}

async function makeSessions({ manifest, plansDirectory, threads }: LoadRequest, weights: ReleaseWeights): Promise<SplitSessions> {
  const { shape } = manifest;
  const folder = await PlanFolder.create(plansDirectory, Date.now());
  const made: InferenceSession[] = [];
  const make = async (model: OnnxModel, components: readonly ComponentWeights[]) => {
    const session = await folder.session(model, components, threads);
    made.push(session);
    return session;
  };
  try {
    const backbone = requireComponent(weights, BACKBONE);
    const projections: InferenceSession[] = [];
    const attentions: InferenceSession[] = [];
    const experts: InferenceSession[][] = [];
    for (let layer = 0; layer < shape.layers; layer++) {
      const router = requireComponent(weights, routerName(layer));
      const slices = layerWeights(weights, manifest, layer);
      projections.push(await make(projectionGraph(slices, shape), [backbone]));
      attentions.push(await make(attentionGraph(slices, shape), [backbone, router]));
      const row: InferenceSession[] = [];
      for (let index = 0; index < shape.experts; index++) {
        const graph = expertGraph(expertWeights(weights, manifest, layer, index), shape.hiddenSize);
        row.push(await make(graph, [requireComponent(weights, expertName(layer, index))]));
      }
      experts.push(row);
    }
    const head = headGraph(headWeights(weights, manifest), shape.hiddenSize, shape.vocabSize, shape.rmsNormEpsilon);
    return { projections, attentions, experts, head: await make(head, [backbone]) };
  } catch (error) {
    for (const session of made) await session.release();
    throw error;
  } finally {
    await folder.remove();
  }
}
