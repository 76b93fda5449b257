import { createHash } from 'node:crypto';
import { DECISION_FLAGS } from '#libs/trace/trace';
import { CacheFullError } from '../forward/kv-cache.ts';
import { type ForwardPass, type SequenceCache, type StepOutput } from '../forward/forward-pass.ts';
import { type GenerateRequest } from './engine.ts';

/** A chunk of a prompt that has run, and where its tokens went. */
export interface PromptChunk {
  readonly tokens: Uint32Array;
  readonly output: Pick<StepOutput, 'expertIds' | 'gates' | 'flags' | 'lostMass' | 'overflow'>;
}

export interface PrefixSettings {
  readonly forward: Pick<ForwardPass, 'fork' | 'close'>;
  /** Bound of all that is kept, keys, values and routes. */
  readonly maxBytes: number;
  readonly chunkTokens: number;
  /** Bytes of keys and values of so many tokens. */
  readonly bytesFor: (tokens: number) => number;
}

interface Entry {
  readonly cache: SequenceCache;
  readonly chunks: readonly PromptChunk[];
  readonly sizeBytes: number;
}

/** Whether an expert was missing when it ran: whoever comes after may have it again. */
function isDegraded({ output }: PromptChunk): boolean {
  return output.flags?.some((flags) => (flags & DECISION_FLAGS.unavailable) !== 0) ?? false;
}

/** Beginnings that were seen once, and may be kept when they come again. */
const MAX_SEEN = 4096;

/**
 * Beginnings of prompts of one release, with their keys, values and routes, so that a request which begins
 * with the same tokens need not run them again. They end where chunks end: a prompt runs in the same chunks
 * whoever ran the first ones, so its bits are those that it has without.
 *
 * A beginning is kept when it comes a second time, at one, two, four, ... chunks and at the longest. Those
 * of one tenant, mask and path serve no other: how long a prompt takes would tell what others have asked.
 * The least recently used goes first.
 */
export class PrefixCache {
  readonly #settings: PrefixSettings;
  /** In order of use, the latest last. */
  readonly #entries = new Map<string, Entry>();
  readonly #seen = new Set<string>();
  #bytes = 0;

  constructor(settings: PrefixSettings) {
    this.#settings = settings;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * The longest beginning that is kept of a prompt, short of its last token, whose logits are wanted; the
   * cache is a copy that the caller owns. null where there is none, or no room for the copy.
   */
  take(request: GenerateRequest): { readonly cache: SequenceCache; readonly chunks: readonly PromptChunk[] } | null {
    for (const chunks of this.#lengths(request).toReversed()) {
      const key = this.#key(request, chunks);
      const entry = this.#entries.get(key);
      if (!entry) continue;
      this.#entries.delete(key);
      this.#entries.set(key, entry);
      try {
        return { cache: this.#settings.forward.fork(entry.cache), chunks: entry.chunks };
      } catch (error) {
        if (error instanceof CacheFullError) return null;
        throw error;
      }
    }
    return null;
  }

  /** Offers what a prompt has run so far, whole chunks from its first token on; what is kept of it is a copy. */
  offer(request: GenerateRequest, cache: SequenceCache, chunks: readonly PromptChunk[]): void {
    if (!this.#lengths(request).includes(chunks.length) || chunks.some(isDegraded)) return;
    const key = this.#key(request, chunks.length);
    if (this.#entries.has(key)) return;
    if (!this.#seen.delete(key)) {
      this.#seen.add(key);
      if (this.#seen.size > MAX_SEEN) this.#seen.delete(this.#seen.values().next().value!);
      return;
    }
    const sizeBytes = this.#settings.bytesFor(chunks.length * this.#settings.chunkTokens) + chunks.reduce((sum, { output }) => sum + output.expertIds.byteLength + output.gates.byteLength, 0);
    if (sizeBytes > this.#settings.maxBytes) return;
    for (const [oldest] of this.#entries) {
      if (this.#bytes + sizeBytes <= this.#settings.maxBytes) break;
      this.#drop(oldest);
    }
    try {
      this.#entries.set(key, { cache: this.#settings.forward.fork(cache), chunks, sizeBytes });
      this.#bytes += sizeBytes;
    } catch (error) {
      // Requests that run have a better right to the room.
      if (!(error instanceof CacheFullError)) throw error;
    }
  }

  /** Lets go of everything. @returns whether there was anything */
  clear(): boolean {
    const had = this.#entries.size > 0;
    for (const key of this.#entries.keys()) this.#drop(key);
    this.#seen.clear();
    return had;
  }

  #drop(key: string): void {
    const entry = this.#entries.get(key)!;
    this.#entries.delete(key);
    this.#bytes -= entry.sizeBytes;
    this.#settings.forward.close(entry.cache);
  }

  /** Chunks at which a prompt's beginnings are kept: powers of two, and as many as it has before its last token. */
  #lengths({ promptTokens }: GenerateRequest): number[] {
    const longest = Math.floor((promptTokens.length - 1) / this.#settings.chunkTokens);
    const lengths: number[] = [];
    for (let chunks = 1; chunks < longest; chunks *= 2) lengths.push(chunks);
    if (longest > 0) lengths.push(longest);
    return lengths;
  }

  #key({ promptTokens, tenant, expertMask, generalist }: GenerateRequest, chunks: number): string {
    const tokens = promptTokens.subarray(0, chunks * this.#settings.chunkTokens);
    const scope = JSON.stringify([tenant ?? null, expertMask ? [...expertMask.words] : null, generalist === true]);
    return createHash('sha256').update(scope).update('\0').update(new Uint8Array(tokens.buffer, tokens.byteOffset, tokens.byteLength)).digest('base64');
  }
}
