/** What masks need of a tokenizer. */
export interface VocabularyTokens {
  readonly size: number;
  bytes(id: number): Uint8Array;
  isSpecial(id: number): boolean;
}

/**
 * The tokens of a vocabulary as a trie of their bytes, in depth-first order in flat arrays: a walk
 * goes through them from front to back and jumps over what it cannot enter. Special tokens and
 * tokens without bytes are left out: they are no text.
 */
export class Vocabulary {
  /** Tokens of the model, those without a piece included. */
  readonly size: number;
  /** Byte that leads to each node, and how deep it lies, from 1. */
  readonly byte: Uint8Array;
  readonly depth: Uint16Array;
  /** First node after each one's subtree. */
  readonly after: Int32Array;
  /** tokens[firstToken[n], firstToken[n + 1]) end at node n. */
  readonly firstToken: Int32Array;
  readonly tokens: Int32Array;
  readonly deepest: number;

  /** @param size of the model's vocabulary, which may be larger than the tokenizer's */
  constructor(table: VocabularyTokens, size: number) {
    this.size = size;
    const spelled: { readonly id: number; readonly bytes: Uint8Array }[] = [];
    for (let id = 0; id < Math.min(size, table.size); id++) {
      const bytes = table.bytes(id);
      if (bytes.length > 0 && bytes.length < 0xffff && !table.isSpecial(id)) spelled.push({ id, bytes });
    }
    spelled.sort((a, b) => Buffer.compare(a.bytes, b.bytes) || a.id - b.id);
    const byte: number[] = [];
    const depth: number[] = [];
    const first: number[] = [];
    let path = new Uint8Array(0);
    for (const [at, { bytes }] of spelled.entries()) {
      let shared = 0;
      while (shared < path.length && shared < bytes.length && path[shared] === bytes[shared]) shared++;
      for (let next = shared; next < bytes.length; next++) {
        byte.push(bytes[next] as number);
        depth.push(next + 1);
        first.push(at);
      }
      path = bytes as Uint8Array<ArrayBuffer>;
    }
    const nodes = byte.length;
    this.byte = Uint8Array.from(byte);
    this.depth = Uint16Array.from(depth);
    this.tokens = Int32Array.from(spelled, ({ id }) => id);
    this.firstToken = new Int32Array(nodes + 1).fill(spelled.length);
    this.after = new Int32Array(nodes).fill(nodes);
    // A node's tokens are the first ones below it with exactly its bytes; those with more belong to nodes within.
    const open: number[] = [];
    for (let node = 0; node < nodes; node++) {
      while (open.length > 0 && (this.depth[open.at(-1) as number] as number) >= (this.depth[node] as number)) this.after[open.pop() as number] = node;
      open.push(node);
    }
    let token = 0;
    for (let node = 0; node < nodes; node++) {
      this.firstToken[node] = token;
      while (token < spelled.length && first[node] !== undefined && token >= (first[node] as number) && (spelled[token]?.bytes.length ?? 0) === this.depth[node] && this.#isAt(spelled[token]?.bytes, node)) token++;
    }
    this.firstToken[nodes] = spelled.length;
    this.deepest = depth.reduce((deepest, value) => Math.max(deepest, value), 0);
  }

  /** Calls back with the place in `bytes` at which each token ends that is spelled from `from` on. */
  tokensAlong(bytes: ArrayLike<number>, from: number, found: (end: number) => void): void {
    let end = this.byte.length;
    for (let node = 0, at = from; node < end && at < bytes.length && this.depth[node] === at - from + 1; ) {
      if (this.byte[node] !== bytes[at]) {
        node = this.after[node] as number;
        continue;
      }
      at++;
      if (this.firstToken[node] !== this.firstToken[node + 1]) found(at);
      end = this.after[node] as number;
      node++;
    }
  }

  /** Whether these bytes end at this node, knowing that they pass the node's parent. */
  #isAt(bytes: Uint8Array | undefined, node: number): boolean {
    return bytes !== undefined && bytes[bytes.length - 1] === this.byte[node];
  }
}
