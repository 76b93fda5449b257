import { type RoutedDocument, type RouteShape } from './routed-document.ts';

/** Rows before and after the one in question whose experts the attacker looks at. */
const WINDOW = 2;
/** Layers that the attacker looks at: evenly spread ones of a deeper model. */
const MAX_LAYERS = 8;
/** Sets of experts are hashed into this many buckets. */
const SET_BUCKETS = 256;
const JOINT_BUCKETS = 512;
/** Strength of the first gate, in equal steps. */
const GATE_BINS = 8;

/**
 * What an attacker sees of one row: numbers of the features that are on. Of each row of the window and
 * each layer: its selected experts and the first of them; of the row itself also the set of experts, the
 * sets of each two neighbouring layers together, and, with gates, how strong the first one is.
 */
export class RouteFeatures {
  readonly count: number;
  readonly #shape: RouteShape;
  readonly #seesGates: boolean;
  readonly #layers: readonly number[];
  readonly #ownFrom: number;
  readonly #gatesFrom: number;

  constructor(shape: RouteShape, seesGates: boolean) {
    this.#shape = shape;
    this.#seesGates = seesGates;
    this.#layers = spread(shape.layers, MAX_LAYERS);
    const seen = this.#layers.length;
    this.#ownFrom = (2 * WINDOW + 1) * seen * 2 * shape.experts;
    this.#gatesFrom = this.#ownFrom + seen * (SET_BUCKETS + JOINT_BUCKETS);
    this.count = this.#gatesFrom + (seesGates ? seen * shape.experts * GATE_BINS : 0);
  }

  /** Features that are on in one row. */
  of(document: Pick<RoutedDocument, 'expertIds' | 'gates' | 'tokens'>, row: number): Uint32Array {
    const on: number[] = [];
    for (let offset = -WINDOW; offset <= WINDOW; offset += 1) {
      const at = row + offset;
      if (at >= 0 && at < document.tokens.length) this.#addExperts(on, document.expertIds, at, offset + WINDOW);
    }
    this.#addOwn(on, document, row);
    return Uint32Array.from(on);
  }

  #addExperts(on: number[], expertIds: Uint16Array, row: number, place: number): void {
    const { layers, experts, topK } = this.#shape;
    for (const [index, layer] of this.#layers.entries()) {
      const base = (place * this.#layers.length + index) * 2 * experts;
      const from = (row * layers + layer) * topK;
      for (let k = 0; k < topK; k += 1) on.push(base + expertIds[from + k]!);
      on.push(base + experts + expertIds[from]!);
    }
  }

  #addOwn(on: number[], { expertIds, gates }: Pick<RoutedDocument, 'expertIds' | 'gates'>, row: number): void {
    const { layers, experts, topK } = this.#shape;
    const sets = this.#layers.map((layer) => setHash(expertIds, (row * layers + layer) * topK, topK));
    for (const [index, layer] of this.#layers.entries()) {
      const base = this.#ownFrom + index * (SET_BUCKETS + JOINT_BUCKETS);
      on.push(base + (sets[index]! % SET_BUCKETS));
      const joint = mix(Math.imul(sets[index]!, 0x01000193) ^ sets[(index + 1) % sets.length]!);
      on.push(base + SET_BUCKETS + (joint % JOINT_BUCKETS));
      if (!this.#seesGates) continue;
      const from = (row * layers + layer) * topK;
      const bin = Math.min(GATE_BINS - 1, Math.max(0, Math.floor(gates[from]! * GATE_BINS)));
      on.push(this.#gatesFrom + (index * experts + expertIds[from]!) * GATE_BINS + bin);
    }
  }
}

/** Evenly spread numbers below `count`, the first and the last among them. */
function spread(count: number, most: number): number[] {
  if (count <= most) return Array.from({ length: count }, (_, i) => i);
  return Array.from({ length: most }, (_, i) => Math.round((i * (count - 1)) / (most - 1)));
}

/** Same for the same experts in any order. */
function setHash(expertIds: Uint16Array, from: number, topK: number): number {
  let sum = 0;
  for (let k = 0; k < topK; k += 1) sum = (sum + mix(expertIds[from + k]! + 1)) >>> 0;
  return mix(sum);
}

/** Finaliser of MurmurHash3 (Appleby), an unsigned number of 32 bits. */
function mix(value: number): number {
  let mixed = value >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
