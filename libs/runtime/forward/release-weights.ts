import { BACKBONE, type ComponentName, expertName, routerName, type Sha256, TENSORS, TOKENIZER } from '#libs/release/component';
import { type ReleaseManifest } from '#libs/release/manifest';
import { bytesInMemory } from '#libs/release/quantised-tensor';
import { type Sha256Paths } from '../engine/release-source.ts';
import { type LayerWeights } from '../onnx/attention-graph.ts';
import { type ExpertWeights } from '../onnx/expert-graph.ts';
import { type WeightSlice } from '../onnx/graph-builder.ts';
import { type HeadWeights } from '../onnx/head-graph.ts';
import { type ComponentWeights, matrix, readComponentWeights, ReleaseLoadError, weightSlice } from './component-weights.ts';

/** A release's weight components, opened. */
export type ReleaseWeights = ReadonlyMap<ComponentName, ComponentWeights>;

/** Reads a component's header, or finds one that was read before. */
type OpenComponent = (name: ComponentName, sha256: Sha256, path: string) => Promise<ComponentWeights>;

/** @throws ReleaseLoadError for a component that the manifest, the paths or the disk lack */
export async function openReleaseWeights(manifest: ReleaseManifest, paths: Sha256Paths, open: OpenComponent = readComponentWeights): Promise<ReleaseWeights> {
  const { layers, experts } = manifest.shape;
  const names = [BACKBONE];
  for (let layer = 0; layer < layers; layer++) {
    names.push(routerName(layer));
    for (let index = 0; index < experts; index++) names.push(expertName(layer, index));
  }
  const opened = new Map<ComponentName, ComponentWeights>();
  for (const name of names) {
    const sha256 = manifest.components[name];
    if (sha256 === undefined) throw new ReleaseLoadError(name, 'the manifest names no version of it; make a complete release');
    const path = paths[sha256];
    if (path === undefined) throw new ReleaseLoadError(name, `version ${sha256} is not in the component store; import it again`);
    opened.set(name, await open(name, sha256, path));
  }
  return opened;
}

export function requireComponent(weights: ReleaseWeights, name: ComponentName): ComponentWeights {
  const component = weights.get(name);
  if (!component) throw new ReleaseLoadError(name, 'it was not opened');
  return component;
}

/** @throws ReleaseLoadError, as do the functions below */
export function layerWeights(weights: ReleaseWeights, { shape }: ReleaseManifest, layer: number): LayerWeights {
  const backbone = requireComponent(weights, BACKBONE);
  const hidden = shape.hiddenSize;
  const queryWidth = shape.attentionHeads * shape.headSize;
  const keyWidth = shape.keyValueHeads * shape.headSize;
  const names = TENSORS.backbone;
  return {
    attentionNorm: weightSlice(backbone, names.attentionNorm(layer), [hidden]),
    query: matrix(backbone, names.query(layer), [queryWidth, hidden]),
    key: matrix(backbone, names.key(layer), [keyWidth, hidden]),
    value: matrix(backbone, names.value(layer), [keyWidth, hidden]),
    output: matrix(backbone, names.output(layer), [hidden, queryWidth]),
    expertNorm: weightSlice(backbone, names.expertNorm(layer), [hidden]),
    router: weightSlice(requireComponent(weights, routerName(layer)), TENSORS.router.weight, [shape.experts, hidden]),
  };
}

export function expertWeights(weights: ReleaseWeights, { shape }: ReleaseManifest, layer: number, index: number): ExpertWeights {
  const expert = requireComponent(weights, expertName(layer, index));
  const { gate, up, down } = TENSORS.expert;
  return {
    gate: matrix(expert, gate, [shape.expertWidth, shape.hiddenSize]),
    up: matrix(expert, up, [shape.expertWidth, shape.hiddenSize]),
    down: matrix(expert, down, [shape.hiddenSize, shape.expertWidth]),
  };
}

export function embeddingSlice(weights: ReleaseWeights, { shape }: ReleaseManifest): WeightSlice {
  return weightSlice(requireComponent(weights, BACKBONE), TENSORS.backbone.embedding, [shape.vocabSize, shape.hiddenSize]);
}

export function headWeights(weights: ReleaseWeights, { shape }: ReleaseManifest): HeadWeights {
  const { head, embedding, finalNorm } = TENSORS.backbone;
  const backbone = requireComponent(weights, BACKBONE);
  return {
    norm: weightSlice(backbone, finalNorm, [shape.hiddenSize]),
    head: matrix(backbone, shape.tiedHead ? embedding : head, [shape.vocabSize, shape.hiddenSize]),
  };
}

/**
 * Bytes that each component holds in memory once loaded: its weights in fp32, or quantised as stored, and
 * the embedding once more as stored. The tokenizer is not the forward pass's.
 */
export function loadedBytes(weights: ReleaseWeights, manifest: ReleaseManifest): Record<ComponentName, number> {
  const bytes: Record<ComponentName, number> = {};
  const embedding = embeddingSlice(weights, manifest);
  for (const name of Object.keys(manifest.components)) {
    if (name === TOKENIZER) continue;
    let held = name === BACKBONE ? embedding.sizeBytes : 0;
    for (const [tensor, entry] of requireComponent(weights, name).tensors) {
      if (name !== BACKBONE || tensor !== TENSORS.backbone.embedding || manifest.shape.tiedHead) held += bytesInMemory(entry);
    }
    bytes[name] = held;
  }
  return bytes;
}
