import { type CacheMemory } from './cache-memory.ts';
import { type SequenceCache } from './forward-pass.ts';

export interface CacheGeometry {
  readonly layers: number;
  readonly keyValueHeads: number;
  readonly headSize: number;
  readonly contextTokens: number;
}

/** The cache's limit is reached: wait until sequences end, or raise the limit. */
export class CacheFullError extends Error {
  override readonly name = 'CacheFullError';
  readonly neededBytes: number;
  readonly maxCacheBytes: number;

  constructor(neededBytes: number, maxCacheBytes: number) {
    super(`the KV cache would need ${neededBytes} bytes, the limit is ${maxCacheBytes}; end sequences or raise maxCacheBytes`);
    this.neededBytes = neededBytes;
    this.maxCacheBytes = maxCacheBytes;
  }
}

/** A sequence was to grow beyond the model's context. */
export class ContextLengthError extends Error {
  override readonly name = 'ContextLengthError';

  constructor(length: number, contextTokens: number) {
    super(`the sequence would have ${length} tokens, the model's context is ${contextTokens}; shorten the prompt or max_tokens`);
  }
}

/** Keys and values of the sequences of one capacity class, each [slots][keyValueHeads][capacity][headSize] per layer. */
export interface Slab {
  readonly capacity: number;
  /** Sequences by slot, without holes. */
  readonly members: CachedSequence[];
  slots: number;
  readonly keys: Float32Array[];
  readonly values: Float32Array[];
}

export interface CachedSequence extends SequenceCache {
  length: number;
  /** null until the first tokens come. */
  slab: Slab | null;
  slot: number;
}

const SMALLEST_CAPACITY = 64;

/**
 * Keys and values of all sequences, in slabs by capacity: 64 positions, 128, ... up to the context.
 * A sequence lies in the smallest class that holds it and moves when it outgrows it, so that
 * sequences of one class go through attention as one batch without copying.
 */
export class KvCache {
  readonly #geometry: CacheGeometry;
  readonly #memory: CacheMemory;
  readonly #slabs = new Map<number, Slab>();
  #bytes = 0;
  #nextId = 1;

  /** @param memory shared with the caches of other releases */
  constructor(geometry: CacheGeometry, memory: CacheMemory) {
    this.#geometry = geometry;
    this.#memory = memory;
  }

  /** Bytes allocated, used or not. */
  get bytes(): number {
    return this.#bytes;
  }

  open(): CachedSequence {
    return { id: this.#nextId++, length: 0, slab: null, slot: -1 };
  }

  fork(sequence: CachedSequence): CachedSequence {
    const copy = this.open();
    if (sequence.slab) {
      this.reserve(copy, sequence.length);
      this.#copy(sequence.slab, sequence.slot, copy.slab!, copy.slot, sequence.length);
      copy.length = sequence.length;
    }
    return copy;
  }

  /** Gives the sequence's place back; closing twice does nothing. */
  close(sequence: CachedSequence): void {
    const slab = sequence.slab;
    if (slab) this.#removeFrom(slab, sequence.slot);
    sequence.slab = null;
    sequence.slot = -1;
    sequence.length = 0;
  }

  /**
   * Makes room for `length` positions; may move the sequence.
   * @throws CacheFullError, ContextLengthError; then nothing has changed
   */
  reserve(sequence: CachedSequence, length: number): void {
    const { contextTokens } = this.#geometry;
    if (length > contextTokens) throw new ContextLengthError(length, contextTokens);
    const from = sequence.slab;
    if (from && from.capacity >= length) return;
    const to = this.#slabWithRoom(capacityFor(length, contextTokens));
    const slot = to.members.push(sequence) - 1;
    this.#clear(to, slot);
    if (from) {
      this.#copy(from, sequence.slot, to, slot, sequence.length);
      this.#removeFrom(from, sequence.slot);
    }
    sequence.slab = to;
    sequence.slot = slot;
  }

  /** Gives spare slots back. No sequence moves, so it may happen during a step: arrays in use stay as they are. */
  trim(): void {
    for (const slab of this.#slabs.values()) if (slab.slots > slab.members.length) this.#resize(slab, slab.members.length);
  }

  #slotFloats(capacity: number): number {
    return this.#geometry.keyValueHeads * capacity * this.#geometry.headSize;
  }

  #slabWithRoom(capacity: number): Slab {
    const slab = this.#slabs.get(capacity) ?? { capacity, members: [], slots: 0, keys: [], values: [] };
    if (slab.members.length === slab.slots) {
      const more = slab.slots + 1;
      if (!this.#fits(slab, more)) this.#memory.trim();
      // Doubling keeps the copying small; near the limit one slot more is enough.
      const doubled = Math.max(1, slab.slots * 2);
      this.#resize(slab, this.#fits(slab, doubled) ? doubled : more);
    }
    this.#slabs.set(capacity, slab);
    return slab;
  }

  #bytesWith(slab: Slab, slots: number): number {
    const perSlot = this.#slotFloats(slab.capacity) * Float32Array.BYTES_PER_ELEMENT * 2 * this.#geometry.layers;
    return this.#bytes + (slots - slab.slots) * perSlot;
  }

  #fits(slab: Slab, slots: number): boolean {
    return this.#neededBytes(this.#bytesWith(slab, slots)) <= this.#memory.maxBytes;
  }

  /** Bytes that all caches would hold if this one held so many. */
  #neededBytes(bytes: number): number {
    return this.#memory.usedBytes - this.#bytes + bytes;
  }

  #resize(slab: Slab, slots: number): void {
    const bytes = this.#bytesWith(slab, slots);
    if (slots > slab.slots && !this.#fits(slab, slots)) throw new CacheFullError(this.#neededBytes(bytes), this.#memory.maxBytes);
    const used = slab.members.length * this.#slotFloats(slab.capacity);
    for (let layer = 0; layer < this.#geometry.layers; layer++) {
      for (const arrays of [slab.keys, slab.values]) {
        const next = new Float32Array(slots * this.#slotFloats(slab.capacity));
        const before = arrays[layer];
        if (before) next.set(before.subarray(0, used));
        arrays[layer] = next;
      }
    }
    slab.slots = slots;
    this.#memory.resized(this, this.#bytes, bytes);
    this.#bytes = bytes;
  }

  /** The last slot moves into the hole; a slab that is mostly empty shrinks. */
  #removeFrom(slab: Slab, slot: number): void {
    const last = slab.members.pop()!;
    if (slab.members.length !== slot) {
      this.#clear(slab, slot);
      this.#copy(slab, last.slot, slab, slot, last.length);
      slab.members[slot] = last;
      last.slot = slot;
    }
    if (slab.members.length === 0) {
      this.#resize(slab, 0);
      this.#slabs.delete(slab.capacity);
    } else if (slab.members.length * 4 <= slab.slots) {
      this.#resize(slab, slab.slots >> 1);
    }
  }

  /** What an earlier sequence left is masked, but a NaN among it would survive a product with zero. */
  #clear(slab: Slab, slot: number): void {
    const floats = this.#slotFloats(slab.capacity);
    for (const array of [...slab.keys, ...slab.values]) array.fill(0, slot * floats, (slot + 1) * floats);
  }

  #copy(from: Slab, fromSlot: number, to: Slab, toSlot: number, length: number): void {
    const { layers, keyValueHeads, headSize } = this.#geometry;
    for (let layer = 0; layer < layers; layer++) {
      for (let head = 0; head < keyValueHeads; head++) {
        const start = (fromSlot * keyValueHeads + head) * from.capacity * headSize;
        const target = (toSlot * keyValueHeads + head) * to.capacity * headSize;
        to.keys[layer]!.set(from.keys[layer]!.subarray(start, start + length * headSize), target);
        to.values[layer]!.set(from.values[layer]!.subarray(start, start + length * headSize), target);
      }
    }
  }
}

/** The smallest class that holds `length` positions. */
function capacityFor(length: number, contextTokens: number): number {
  let capacity = SMALLEST_CAPACITY;
  while (capacity < length) capacity *= 2;
  return Math.min(capacity, contextTokens);
}

/** Bytes that one sequence of `length` tokens takes, spare slots of its slab aside. */
export function sequenceCacheBytes({ layers, keyValueHeads, headSize, contextTokens }: CacheGeometry, length: number): number {
  return layers * 2 * keyValueHeads * headSize * capacityFor(length, contextTokens) * Float32Array.BYTES_PER_ELEMENT;
}
