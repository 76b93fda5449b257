import { parseComponentName, TENSORS, type ComponentKind, type ComponentName } from '#libs/release/component';
import { type ReleaseManifest } from '#libs/release/manifest';
import { codeBitsOf, isQuantisable, quantisedShapes, type QuantisedShapes, scalesName, zeroPointsName } from '#libs/release/quantised-tensor';
import { type TensorEntry } from '#libs/release/tensor-file';
import { architectureNamed } from '../architectures/registry.ts';
import { isWeightDtype } from '../finite-scan.ts';

export type Tensors = ReadonlyMap<string, Pick<TensorEntry, 'dtype' | 'shape'>>;

/** Why tensors do not make a component: which of them, and a sentence with the remedy. */
export interface TensorMisfit {
  readonly tensor: string | null;
  readonly message: string;
}

const LAYER = /^layers\.(0|[1-9]\d{0,4})\./;

/**
 * Checks what can be told without a model: that just the tensors of the kind are there, that their shapes
 * agree with each other and that the engine knows their dtypes. null where all is well.
 */
export function misfitOfKind(kind: Exclude<ComponentKind, 'tokenizer'>, tensors: Tensors): TensorMisfit | null {
  const wanted = expected(kind, tensors);
  if (wanted === null) return { tensor: null, message: `A ${kind} holds other tensors than ${[...tensors.keys()].slice(0, 5).join(', ') || 'none'}. docs/registry.md lists those of each kind.` };
  return misfitOf(kind, tensors, wanted);
}

/** Checks a component's tensors against the shape of the model that it shall become part of; null where they fit. */
export function misfitOfModel(name: ComponentName, manifest: Pick<ReleaseManifest, 'architecture' | 'shape'>, tensors: Tensors): TensorMisfit | null {
  for (const source of architectureNamed(manifest.architecture).components(manifest.shape, () => false)) {
    if (source.component !== name) continue;
    const kind = parseComponentName(name)?.kind ?? 'backbone';
    const bias = kind === 'router' ? optionalBias(tensors, manifest.shape.experts) : [];
    return misfitOf(kind, tensors, new Map([...source.tensors.map(({ name: tensor, shape }) => [tensor, shape] as const), ...bias]));
  }
  return { tensor: null, message: `The model has no weights called ${name}.` };
}

function misfitOf(kind: ComponentKind, tensors: Tensors, wanted: ReadonlyMap<string, readonly number[]>): TensorMisfit | null {
  const belonging = new Set(wanted.keys());
  for (const [name, shape] of wanted) {
    const found = tensors.get(name);
    if (!found) return { tensor: name, message: `The tensor ${name} is missing.` };
    const bits = isQuantisable(kind, name) ? codeBitsOf(found) : null;
    if (bits !== null) {
      const misfit = misfitOfCodes(name, quantisedShapes(shape as readonly [number, number], bits), tensors);
      if (misfit) return misfit;
      belonging.add(scalesName(name)).add(zeroPointsName(name));
      continue;
    }
    if (found.shape.length !== shape.length || found.shape.some((size, axis) => size !== shape[axis])) {
      return { tensor: name, message: `The tensor ${name} is [${found.shape.join(', ')}]; it must be [${shape.join(', ')}].` };
    }
    if (!isWeightDtype(found.dtype)) return { tensor: name, message: `The tensor ${name} is ${found.dtype}; weights must be F16, BF16 or F32.` };
  }
  const extra = [...tensors.keys()].find((name) => !belonging.has(name));
  return extra === undefined ? null : { tensor: extra, message: `The tensor ${extra} belongs to no component of this kind; leave it out.` };
}

/** A router's selection bias, where it has one. */
function optionalBias(tensors: Tensors, experts: number): (readonly [string, readonly number[]])[] {
  return tensors.has(TENSORS.router.bias) ? [[TENSORS.router.bias, [experts]]] : [];
}

/** Checks the tensors of a matrix that is held as whole numbers. */
function misfitOfCodes(matrix: string, shapes: QuantisedShapes, tensors: Tensors): TensorMisfit | null {
  const wanted = [[matrix, 'U8', shapes.codes], [scalesName(matrix), 'F32', shapes.scales], [zeroPointsName(matrix), 'U8', shapes.zeroPoints]] as const;
  for (const [name, dtype, shape] of wanted) {
    const found = tensors.get(name);
    if (!found && name === zeroPointsName(matrix)) continue;
    if (!found) return { tensor: name, message: `The tensor ${name} is missing, without which the codes of ${matrix} mean nothing.` };
    if (found.dtype !== dtype || found.shape.length !== shape.length || found.shape.some((size, axis) => size !== shape[axis])) {
      return { tensor: name, message: `The tensor ${name} is ${found.dtype} [${found.shape.join(', ')}]; it must be ${dtype} [${shape.join(', ')}].` };
    }
  }
  return null;
}

/** The tensors that a kind must have, their sizes taken from the file itself; null where not even these can be told. */
function expected(kind: Exclude<ComponentKind, 'tokenizer'>, tensors: Tensors): ReadonlyMap<string, readonly number[]> | null {
  const sizeOf = (name: string, axis: number): number => tensors.get(name)?.shape[axis] ?? 0;
  if (kind === 'router') {
    const { weight } = TENSORS.router;
    return new Map([[weight, [sizeOf(weight, 0), sizeOf(weight, 1)]], ...optionalBias(tensors, sizeOf(weight, 0))]);
  }
  if (kind === 'expert') {
    const { gate, up, down } = TENSORS.expert;
    // Where a matrix is held in blocks, only its first axis is what it stands for.
    const [width, hidden] = [sizeOf(gate, 0), tensors.get(gate)?.shape.length === 2 ? sizeOf(gate, 1) : sizeOf(down, 0)];
    return new Map([[gate, [width, hidden]], [up, [width, hidden]], [down, [hidden, width]]]);
  }
  const names = TENSORS.backbone;
  const layers = 1 + Math.max(-1, ...[...tensors.keys()].map((name) => Number(LAYER.exec(name)?.[1] ?? -1)));
  // Each layer has six tensors: what names a far layer without them is no backbone, and must not make a long list.
  if (layers === 0 || layers > tensors.size) return null;
  const [vocab, hidden] = [sizeOf(names.embedding, 0), sizeOf(names.embedding, 1)];
  const wanted = new Map<string, readonly number[]>([[names.embedding, [vocab, hidden]], [names.finalNorm, [hidden]]]);
  if (tensors.has(names.head)) wanted.set(names.head, [vocab, hidden]);
  for (let layer = 0; layer < layers; layer += 1) {
    const [queryWidth, keyWidth] = [sizeOf(names.query(layer), 0), sizeOf(names.key(layer), 0)];
    wanted.set(names.attentionNorm(layer), [hidden]).set(names.expertNorm(layer), [hidden]);
    wanted.set(names.query(layer), [queryWidth, hidden]).set(names.key(layer), [keyWidth, hidden]);
    wanted.set(names.value(layer), [keyWidth, hidden]).set(names.output(layer), [hidden, queryWidth]);
  }
  return wanted;
}
