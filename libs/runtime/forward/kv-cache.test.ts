import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CacheMemory } from './cache-memory.ts';
import { CacheFullError, type CachedSequence, ContextLengthError, KvCache } from './kv-cache.ts';

const GEOMETRY = { layers: 2, keyValueHeads: 3, headSize: 2, contextTokens: 300 };
const POSITION_FLOATS = GEOMETRY.keyValueHeads * GEOMETRY.headSize;
const SMALLEST_BYTES = 64 * POSITION_FLOATS * 4 * 2 * GEOMETRY.layers;

/** Appends tokens whose keys are stamp, stamp + 1, ... and whose values are their negatives. */
function append(cache: KvCache, sequence: CachedSequence, tokens: number, stamp: number): void {
  cache.reserve(sequence, sequence.length + tokens);
  const { slab, slot } = sequence;
  const { keyValueHeads, headSize } = GEOMETRY;
  for (let layer = 0; layer < GEOMETRY.layers; layer++) {
    for (let at = 0; at < tokens * POSITION_FLOATS; at++) {
      const [token, head, column] = [Math.trunc(at / POSITION_FLOATS), Math.trunc(at / headSize) % keyValueHeads, at % headSize];
      const to = ((slot * keyValueHeads + head) * slab!.capacity + sequence.length + token) * headSize + column;
      if (slab!.keys[layer]![to] !== 0 || slab!.values[layer]![to] !== 0) throw new Error(`position ${to} is not clear`);
      slab!.keys[layer]![to] = stamp + layer * 1000 + at + 1;
      slab!.values[layer]![to] = -slab!.keys[layer]![to]!;
    }
  }
  sequence.length += tokens;
}

/** All keys of a sequence, [layer][position][head][column]; checks that the values mirror them. */
function keysOf({ slab, slot, length }: CachedSequence): number[] {
  const keys: number[] = [];
  for (let layer = 0; layer < GEOMETRY.layers; layer++) {
    for (let position = 0; position < length; position++) {
      for (let head = 0; head < GEOMETRY.keyValueHeads; head++) {
        for (let column = 0; column < GEOMETRY.headSize; column++) {
          const at = ((slot * GEOMETRY.keyValueHeads + head) * slab!.capacity + position) * GEOMETRY.headSize + column;
          keys.push(slab!.keys[layer]![at]!);
          if (slab!.values[layer]![at] !== -keys.at(-1)!) throw new Error(`key and value differ at ${at}`);
        }
      }
    }
  }
  return keys;
}

describe('KvCache', () => {
  it('leaves nothing of a closed sequence where another moves in', () => {
    const cache = new KvCache(GEOMETRY, new CacheMemory(2 ** 24));
    const [first, second] = [cache.open(), cache.open()];
    append(cache, first, 60, 0);
    append(cache, second, 10, 1);
    cache.close(first);
    append(cache, second, 50, 2);
    expect(second.slot).toBe(0);
  });

  it('keeps every sequence whole through growth, forks and closes, in dense slots', () => {
    const action = fc.record({
      kind: fc.constantFrom('open', 'append', 'append', 'fork', 'close'),
      which: fc.nat(),
      tokens: fc.integer({ min: 1, max: 120 }),
    });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const cache = new KvCache(GEOMETRY, new CacheMemory(2 ** 24));
        // What each sequence was given, so that its content can be written anew elsewhere.
        const live: { sequence: CachedSequence; given: [number, number][] }[] = [];
        for (const [step, { kind, which, tokens }] of actions.entries()) {
          const chosen = live[which % Math.max(1, live.length)];
          if (kind === 'open' || !chosen) live.push({ sequence: cache.open(), given: [] });
          else if (kind === 'fork') live.push({ sequence: cache.fork(chosen.sequence), given: [...chosen.given] });
          else if (kind === 'close') {
            cache.close(chosen.sequence);
            live.splice(live.indexOf(chosen), 1);
          } else if (chosen.sequence.length + tokens <= GEOMETRY.contextTokens) {
            append(cache, chosen.sequence, tokens, step * 7);
            chosen.given.push([tokens, step * 7]);
          }
        }
        for (const { sequence, given } of live) {
          const fresh = new KvCache(GEOMETRY, new CacheMemory(2 ** 24));
          const again = fresh.open();
          for (const [tokens, stamp] of given) append(fresh, again, tokens, stamp);
          expect(sequence.length).toBe(again.length);
          if (sequence.slab) {
            expect(keysOf(sequence)).toEqual(keysOf(again));
            expect(sequence.slab.members[sequence.slot]).toBe(sequence);
            expect(sequence.slab.members.length).toBeLessThanOrEqual(sequence.slab.slots);
          }
        }
        for (const { sequence } of live) cache.close(sequence);
        expect(cache.bytes).toBe(0);
      }),
    );
  });

  it('refuses what the limit does not hold, changes nothing, and has room again after a close', () => {
    const cache = new KvCache(GEOMETRY, new CacheMemory(3 * SMALLEST_BYTES));
    const sequences = [cache.open(), cache.open(), cache.open()];
    for (const sequence of sequences) append(cache, sequence, 10, sequence.id);
    expect(cache.bytes).toBe(3 * SMALLEST_BYTES);
    const before = keysOf(sequences[0]!);
    expect(() => cache.reserve(sequences[0]!, 65)).toThrow(CacheFullError);
    expect(() => cache.fork(sequences[0]!)).toThrow(CacheFullError);
    expect(keysOf(sequences[0]!)).toEqual(before);
    cache.close(sequences[2]!);
    expect(cache.fork(sequences[0]!).length).toBe(10);
  });

  it('refuses a sequence longer than the context', () => {
    const cache = new KvCache(GEOMETRY, new CacheMemory(2 ** 24));
    const sequence = cache.open();
    append(cache, sequence, 300, 0);
    expect(sequence.slab!.capacity).toBe(300);
    expect(() => cache.reserve(sequence, 301)).toThrow(ContextLengthError);
  });

  it('takes a second close of the same sequence as done', () => {
    const cache = new KvCache(GEOMETRY, new CacheMemory(2 ** 24));
    const sequence = cache.open();
    append(cache, sequence, 1, 0);
    cache.close(sequence);
    cache.close(sequence);
    expect(cache.bytes).toBe(0);
  });

  it('takes spare slots of other caches of the engine before it refuses', () => {
    const memory = new CacheMemory(4 * SMALLEST_BYTES);
    const [one, other] = [new KvCache(GEOMETRY, memory), new KvCache(GEOMETRY, memory)];
    const sequences = Array.from({ length: 3 }, () => one.open());
    for (const sequence of sequences) one.reserve(sequence, 1);
    // Three sequences in slots for four.
    expect(memory.usedBytes).toBe(4 * SMALLEST_BYTES);
    const last = other.open();
    other.reserve(last, 1);
    expect([one.bytes, other.bytes, memory.usedBytes]).toEqual([3 * SMALLEST_BYTES, SMALLEST_BYTES, 4 * SMALLEST_BYTES]);
    expect(() => other.reserve(other.open(), 1)).toThrow(CacheFullError);
    for (const sequence of sequences) one.close(sequence);
    other.close(last);
    expect(memory.usedBytes).toBe(0);
  });
});
