/// <reference lib="esnext.float16" />
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TENSORS, type Sha256 } from '#libs/release/component';
import { decodeTensorHeader, LENGTH_FIELD_BYTES, tensorHeaderEnd } from '#libs/release/tensor-file';

type Weights = Float16Array | Float32Array;
export type Edit = (weights: Weights, shape: readonly number[], tensor: string) => void;

/** Versions of components that differ in their weights, as files. */
export class ComponentEditor {
  readonly #directory: string;
  readonly #pathOf: (sha256: Sha256) => string;
  readonly #made = new Map<Sha256, string>();

  constructor(directory: string, pathOf: (sha256: Sha256) => string) {
    this.#directory = directory;
    this.#pathOf = pathOf;
  }

  locate(sha256: Sha256): string {
    return this.#made.get(sha256) ?? this.#pathOf(sha256);
  }

  /** Edits each tensor of a copy; gives the digest of what comes out. */
  edit(sha256: Sha256, edit: Edit): Sha256 {
    const bytes = Uint8Array.from(readFileSync(this.locate(sha256)));
    for (const { name, weights, shape, begin } of tensorsOf(bytes)) {
      edit(weights, shape, name);
      bytes.set(new Uint8Array(weights.buffer), begin);
    }
    const made = createHash('sha256').update(bytes).digest('hex');
    const path = join(this.#directory, made);
    writeFileSync(path, bytes);
    this.#made.set(made, path);
    return made;
  }

  /** ||a - b|| / ||b|| over all tensors (Frobenius): what a user sees without running anything. */
  relativeChange(a: Sha256, b: Sha256): number {
    if (a === b) return 0;
    const [own, other] = [a, b].map((sha256) => tensorsOf(Uint8Array.from(readFileSync(this.locate(sha256))))) as [Tensor[], Tensor[]];
    let squares = 0;
    let norm = 0;
    for (const [at, { weights }] of own.entries()) {
      for (let index = 0; index < weights.length; index++) {
        squares += (weights[index]! - other[at]!.weights[index]!) ** 2;
        norm += other[at]!.weights[index]! ** 2;
      }
    }
    return Math.sqrt(squares / norm);
  }
}

interface Tensor {
  readonly name: string;
  readonly weights: Weights;
  readonly shape: readonly number[];
  readonly begin: number;
}

function tensorsOf(bytes: Uint8Array): Tensor[] {
  const end = tensorHeaderEnd(bytes.subarray(0, LENGTH_FIELD_BYTES), bytes.length);
  const { tensors } = decodeTensorHeader(bytes.subarray(0, end), bytes.length);
  return [...tensors].map(([name, { begin, end: last, dtype, shape }]) => {
    const own = bytes.slice(begin, last).buffer;
    if (dtype !== 'F16' && dtype !== 'F32') throw new Error(`a tensor has the type ${dtype}; the demo model has F16 or F32`);
    return { name, weights: dtype === 'F16' ? new Float16Array(own) : new Float32Array(own), shape, begin };
  });
}

/** w' = w + strength * rms(W) * z, z normal (Box & Muller 1958): what a harmless re-tuning leaves behind. */
export function perturb(strength: number, uniform: () => number): Edit {
  return (weights) => {
    let squares = 0;
    for (const weight of weights) squares += weight * weight;
    const scale = strength * Math.sqrt(squares / weights.length);
    for (let at = 0; at < weights.length; at++) weights[at]! += scale * Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  };
}

/** w' = (1 - severity) * w + severity * w of another place (Fisher & Yates): 1 leaves nothing of what the tensor computes. */
export function scramble(severity: number, uniform: () => number): Edit {
  return (weights) => {
    const other = weights.slice();
    for (let at = other.length - 1; at > 0; at--) {
      const chosen = Math.floor(uniform() * (at + 1));
      [other[at], other[chosen]] = [other[chosen]!, other[at]!];
    }
    for (let at = 0; at < weights.length; at++) weights[at] = (1 - severity) * weights[at]! + severity * other[at]!;
  };
}

/**
 * Puts an expert's hidden units in another order, in all three of its tensors: nearly every weight is another, and
 * what the expert computes is the same but for rounding.
 */
export function reorderUnits(uniform: () => number): Edit {
  let order: number[] | null = null;
  return (weights, [rows = 1, columns = 1], tensor) => {
    const isDown = tensor.startsWith(TENSORS.expert.down);
    const units = isDown ? columns : rows;
    order ??= shuffledOrder(units, uniform);
    const before = weights.slice();
    for (let at = 0; at < weights.length; at++) {
      const [row, column] = [Math.floor(at / columns), at % columns];
      weights[at] = isDown ? before[row * columns + order[column]!]! : before[order[row]! * columns + column]!;
    }
  };
}

/** Adds one vector, of the size of the rows, to all rows of a router: all logits of a token move alike, so no gate does. */
export function shiftRows(uniform: () => number): Edit {
  return (weights, [rows = 1, columns = 1]) => {
    for (let column = 0; column < columns; column++) {
      const by = weights[Math.floor(uniform() * weights.length)]!;
      for (let row = 0; row < rows; row++) weights[row * columns + column]! += by;
    }
  };
}

function shuffledOrder(count: number, uniform: () => number): number[] {
  const left = Array.from({ length: count }, (_, at) => at);
  return Array.from({ length: count }, () => left.splice(Math.floor(uniform() * left.length), 1)[0]!);
}

/** Exchanges two rows of a router: it takes one expert for the other. */
export function exchangeRows(one: number, other: number): Edit {
  return (weights, [, width = 1]) => {
    for (let at = 0; at < width; at++) [weights[one * width + at], weights[other * width + at]] = [weights[other * width + at]!, weights[one * width + at]!];
  };
}
