import { setImmediate as nextTurn } from 'node:timers/promises';
import { BACKBONE, expertName, parseComponentName, routerName } from '#libs/release/component';
import { type ReleaseManifest } from '#libs/release/manifest';
import { bytesInMemory } from '#libs/release/quantised-tensor';
import { type Sha256Paths } from '../engine/release-source.ts';
import { DEFAULT_HEALTH_LIMITS } from '../health/health-limits.ts';
import { ReleaseHealth } from '../health/release-health.ts';
import { attentionGraph, projectionGraph } from '../onnx/attention-graph.ts';
import { expertGraph } from '../onnx/expert-graph.ts';
import { headGraph } from '../onnx/head-graph.ts';
import { type OnnxModel } from '../onnx/model.ts';
import { type ComponentWeights, readComponentWeights, readTensor, ReleaseLoadError } from './component-weights.ts';
import { type EmbeddingTable, embeddingTable } from './embedding.ts';
import { type EngineParts, newEngineParts } from './engine-parts.ts';
import { type Session } from './direct-session.ts';
import { faultySession } from '../faults/faulty-session.ts';
import { type ExpertSample, probeAgain } from './expert-probe.ts';
import { type ForwardPass } from './forward-pass.ts';
import { makeSession, sessionKey } from './make-session.ts';
import { probeExpert } from './probe-expert.ts';
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
import { readSelectionBiases } from './selection-bias.ts';
import { type Lease } from './shared-parts.ts';
import { SplitForwardPass, type SplitSessions } from './split-forward-pass.ts';
import { type RunClock, type TimedSession, timedSession } from './timed-session.ts';

export interface LoadRequest {
  readonly manifest: ReleaseManifest;
  readonly components: Sha256Paths;
  /** Threads of one run. */
  readonly threads: number;
  /** Longest item of a step, in tokens. */
  readonly chunkTokens: number;
  /** Bound of the KV caches, where the release has an engine for itself. */
  readonly maxCacheBytes: number;
  /** What it shares with the other releases of its engine; nothing unless given. */
  readonly parts?: EngineParts;
  /** Of its experts; one of its own unless given. */
  readonly health?: ReleaseHealth;
}

/**
 * Loads a release for the SPLIT plan: for each layer a session for the projections, one for attention
 * and router and one for each expert; one for the head. A session that another release of the engine
 * holds already, made of the same graph over the same component versions, is shared with it.
 * @throws ReleaseLoadError for a missing, unreadable or misshapen component
 */
export async function loadForwardPass(request: LoadRequest): Promise<ForwardPass> {
  const { manifest, chunkTokens, threads } = request;
  const parts = request.parts ?? newEngineParts(request.maxCacheBytes);
  const held: Lease<unknown>[] = [];
  const release = async (): Promise<void> => {
    for (const lease of held.splice(0)) await lease.release();
  };
  try {
    const weights = await openReleaseWeights(manifest, request.components, async (name, sha256, path) => {
      const lease = await parts.headers.lease(`${sha256} ${name} ${path}`, () => readComponentWeights(name, sha256, path));
      held.push(lease);
      return lease.value;
    });
    const loaded = { made: 0, shared: 0 };
    const make = async (model: OnnxModel, components: readonly ComponentWeights[]): Promise<TimedSession> => {
      const lease = await parts.sessions.lease(sessionKey(model, threads), () => parts.pacer.between(() => makeProbed(model, components, threads, parts)));
      held.push(lease);
      loaded[lease.shared ? 'shared' : 'made'] += 1;
      // Sessions that are there are found without waiting for anything; a large model has thousands.
      if (held.length % CLAIMS_A_TURN === 0) await nextTurn();
      return lease.value;
    };
    const embedding = await leaseEmbedding(parts, manifest, weights);
    held.push(embedding);
    return new SplitForwardPass({
      shape: manifest.shape,
      health: request.health ?? newHealth(manifest, parts),
      routing: manifest.routing,
      selectionBiases: await readSelectionBiases(weights, manifest),
      embedding: embedding.value,
      sessions: await makeSessions(manifest, weights, make),
      chunkTokens,
      cacheMemory: parts.cacheMemory,
      weightBytes: loadedBytes(weights, manifest),
      release,
      loaded,
    });
  } catch (error) {
    await release();
    throw error;
  }
}

/** Health of a release's experts for whoever gives none. */
export function newHealth({ shape, components }: ReleaseManifest, { experts }: EngineParts): ReleaseHealth {
  return new ReleaseHealth({ layers: shape.layers, experts: shape.experts, components }, DEFAULT_HEALTH_LIMITS, experts, performance.now());
}

function leaseEmbedding(parts: EngineParts, manifest: ReleaseManifest, weights: ReleaseWeights): Promise<Lease<EmbeddingTable>> {
  const backbone = requireComponent(weights, BACKBONE);
  const slice = embeddingSlice(weights, manifest);
  const { hiddenSize } = manifest.shape;
  return parts.embeddings.lease(`${backbone.location} ${hiddenSize}`, async () => embeddingTable(await readTensor(backbone, slice), slice.type, hiddenSize));
}

/** Makes a session; an expert's runs once, as a warm-up prompt need not reach it. @throws ReleaseLoadError where it gives no finite numbers */
async function makeProbed(model: OnnxModel, components: readonly ComponentWeights[], threads: number, { clock, faults, placement }: EngineParts): Promise<TimedSession> {
  const session = await makeSession(model, components, threads);
  const [component] = components;
  try {
    const name = component ? parseComponentName(component.name) : null;
    const sample = component && name?.kind === 'expert' ? await probeExpert(session, component) : null;
    const timed = timedSessionOf(session, clock);
    if (sample === null || name?.kind !== 'expert') return timed;
    const again = async (): Promise<TimedSession> => sameAsBefore(timedSessionOf(await makeSession(model, components, threads), clock), sample, component!);
    const placed = await placement?.place({ id: sessionKey(model, threads), sizeBytes: sizeOf(component!), file: { path: component!.path, sizeBytes: fileBytes(component!) }, make: again }, timed);
    const expert = faults === null ? (placed ?? timed) : faultySession(placed ?? timed, name.layer, name.index, faults);
    // A probe of an expert that was let go must not make it look used; a drill's faults are for probes too.
    const probed = placed !== undefined && faults === null ? placed.forProbes : expert;
    return Object.assign(expert, { probe: () => probeAgain(probed, sample) });
  } catch (error) {
    await session.release();
    throw error;
  }
}

function timedSessionOf(session: Session, clock: RunClock): TimedSession {
  // Making it held the thread: no run's time.
  clock.lastEndMs = performance.now();
  return timedSession(session, clock, () => performance.now());
}

/** @throws ReleaseLoadError where an expert that is made again does not give what it gave: its file is another one by now */
async function sameAsBefore(session: TimedSession, sample: ExpertSample, component: ComponentWeights): Promise<TimedSession> {
  const { failure } = await probeAgain(session, sample);
  if (failure === null) return session;
  await session.release();
  throw new ReleaseLoadError(component.name, `its file ${component.path} is not what it was when the release was loaded; import the checkpoint again`);
}

function sizeOf({ tensors }: ComponentWeights): number {
  return [...tensors.values()].reduce((sum, entry) => sum + bytesInMemory(entry), 0);
}

function fileBytes({ tensors }: ComponentWeights): number {
  return Math.max(0, ...[...tensors.values()].map(({ end }) => end));
}

/** Sessions claimed before others get the thread. */
const CLAIMS_A_TURN = 16;

type MakeSession = (model: OnnxModel, components: readonly ComponentWeights[]) => Promise<TimedSession>;

async function makeSessions(manifest: ReleaseManifest, weights: ReleaseWeights, make: MakeSession): Promise<SplitSessions> {
  const { shape } = manifest;
  const backbone = requireComponent(weights, BACKBONE);
  const projections: TimedSession[] = [];
  const attentions: TimedSession[] = [];
  const experts: TimedSession[][] = [];
  for (let layer = 0; layer < shape.layers; layer++) {
    const router = requireComponent(weights, routerName(layer));
    const slices = layerWeights(weights, manifest, layer);
    projections.push(await make(projectionGraph(slices, shape), [backbone]));
    attentions.push(await make(attentionGraph(slices, shape), [backbone, router]));
    const row: TimedSession[] = [];
    for (let index = 0; index < shape.experts; index++) {
      const graph = expertGraph(expertWeights(weights, manifest, layer, index), shape.hiddenSize);
      row.push(await make(graph, [requireComponent(weights, expertName(layer, index))]));
    }
    experts.push(row);
  }
  const head = headGraph(headWeights(weights, manifest), shape.hiddenSize, shape.vocabSize, shape.rmsNormEpsilon);
  return { projections, attentions, experts, head: await make(head, [backbone]) };
}
