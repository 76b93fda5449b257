/// <reference lib="esnext.float16" />
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeTensorHeader, LENGTH_FIELD_BYTES, tensorHeaderEnd } from '#libs/release/tensor-file';
import { seededRandom } from '#libs/stats/testing/random-requests';

/** A change of a release's weights. */
export interface ReleaseChange {
  readonly name: string;
  readonly touches: (tensor: string) => boolean;
  /** Changes one matrix, [rows][columns] of the shape. */
  readonly edit: (weights: Float16Array, rows: number, random: () => number) => void;
}

const ROUTER = /\.block_sparse_moe\.gate\.weight$/;
const EXPERT = /\.block_sparse_moe\.experts\./;
/** The layer and expert that single changes touch: neither the first nor the last, which route by token and by domain. */
const LAYER = 1;
const FAVOURED = 3;

const oneRouter = (tensor: string): boolean => tensor === `model.layers.${LAYER}.block_sparse_moe.gate.weight`;

/**
 * What happens to releases: noise in one router of a relative Frobenius norm, one expert's router row
 * made louder (this architecture has no router bias to set), a router that lost its order, and weights
 * rounded as a quantisation swap would: symmetric, one scale for each row (Dettmers et al. 2022, LLM.int8()).
 */
export const RELEASE_CHANGES: readonly ReleaseChange[] = [
  ...[0.05, 0.1, 0.2, 0.4].map((strength) => ({ name: `router noise ${strength}`, touches: oneRouter, edit: noise(strength) })),
  { name: 'router scrambled', touches: oneRouter, edit: scramble },
  ...[1.1, 1.3, 2].map((gain) => ({ name: `one expert's router row x ${gain}`, touches: oneRouter, edit: louderRow(gain) })),
  ...[8, 4].map((bits) => ({ name: `experts as int${bits}`, touches: (tensor: string) => EXPERT.test(tensor), edit: rounded(bits) })),
  ...[8, 4].map((bits) => ({ name: `routers as int${bits}`, touches: (tensor: string) => ROUTER.test(tensor), edit: rounded(bits) })),
];

/** Copies a checkpoint of fp16 weights in one file and changes it. */
export function writeChangedCheckpoint(source: string, target: string, change: ReleaseChange, seed: number): void {
  cpSync(source, target, { recursive: true });
  const path = join(target, 'model.safetensors');
  const bytes = Uint8Array.from(readFileSync(join(source, 'model.safetensors')));
  const end = tensorHeaderEnd(bytes.subarray(0, LENGTH_FIELD_BYTES), bytes.length);
  const { tensors } = decodeTensorHeader(bytes.subarray(0, end), bytes.length);
  const random = seededRandom(seed);
  let changed = 0;
  for (const [name, { begin, end: stop, dtype, shape }] of tensors) {
    if (!change.touches(name)) continue;
    if (dtype !== 'F16') throw new Error(`${name} is ${dtype}; the benchmark changes fp16 weights`);
    const weights = new Float16Array(bytes.slice(begin, stop).buffer);
    change.edit(weights, shape[0] ?? 1, random);
    bytes.set(new Uint8Array(weights.buffer), begin);
    changed += 1;
  }
  if (changed === 0) throw new Error(`the change "${change.name}" touches no tensor of ${source}`);
  writeFileSync(path, bytes);
}

function noise(strength: number): ReleaseChange['edit'] {
  return (weights, _, random) => {
    let squares = 0;
    for (const weight of weights) squares += weight * weight;
    const scale = strength * Math.sqrt(squares / weights.length);
    // Box and Muller (1958): two uniform draws give a normal one.
    for (let at = 0; at < weights.length; at += 1) weights[at]! += scale * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  };
}

function scramble(weights: Float16Array, _: number, random: () => number): void {
  for (let at = weights.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1));
    const held = weights[other]!;
    weights[other] = weights[at]!;
    weights[at] = held;
  }
}

function louderRow(gain: number): ReleaseChange['edit'] {
  return (weights, rows) => {
    const columns = weights.length / rows;
    for (let at = FAVOURED * columns; at < (FAVOURED + 1) * columns; at += 1) weights[at]! *= gain;
  };
}

function rounded(bits: number): ReleaseChange['edit'] {
  const levels = 2 ** (bits - 1) - 1;
  return (weights, rows) => {
    const columns = weights.length / rows;
    for (let row = 0; row < rows; row += 1) {
      const values = weights.subarray(row * columns, (row + 1) * columns);
      const step = values.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0) / levels;
      if (step > 0) for (let at = 0; at < columns; at += 1) values[at] = Math.round(values[at]! / step) * step;
    }
  };
}
