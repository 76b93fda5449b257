import { createHash } from 'node:crypto';

/**
 * The Merkle tree of RFC 6962, section 2.1 (unchanged in RFC 9162): leaves and nodes are hashed in
 * domains of their own, so that no node can be passed off as a leaf. All hashes are 32 bytes; leaves
 * count from 0.
 */

/** Leaves `from` up to but without `to`. */
export interface LeafRange {
  readonly from: number;
  readonly to: number;
}

export const EMPTY_ROOT: Uint8Array = createHash('sha256').digest();

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

export function leafHash(data: Uint8Array): Buffer {
  return createHash('sha256').update(LEAF).update(data).digest();
}

export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return createHash('sha256').update(NODE).update(left).update(right).digest();
}

/** A tree that grows leaf by leaf and keeps only the roots of its complete subtrees, at most 53 hashes. */
export class GrowingTree {
  /** Roots of the complete subtrees from left to right: one for each bit that is set in `size`. */
  readonly #roots: Uint8Array[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** @param hash leafHash of the leaf */
  append(hash: Uint8Array): void {
    let root = hash;
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) root = nodeHash(this.#roots.pop() ?? EMPTY_ROOT, root);
    this.#roots.push(root);
    this.#size += 1;
  }

  /** Merkle Tree Hash of all leaves so far. */
  root(): Uint8Array {
    return this.#roots.reduceRight<Uint8Array | null>((right, left) => (right === null ? left : nodeHash(left, right)), null) ?? EMPTY_ROOT;
  }
}

/** Merkle Tree Hash of leaves that are given by their leaf hashes. */
export function treeRoot(leafHashes: Iterable<Uint8Array>): Uint8Array {
  const tree = new GrowingTree();
  for (const hash of leafHashes) tree.append(hash);
  return tree.root();
}

/**
 * The subtrees whose roots are the inclusion proof of a leaf, from the leaf up (PATH, RFC 6962 section 2.1.1).
 * @throws RangeError where the tree has no such leaf
 */
export function inclusionRanges(index: number, size: number): readonly LeafRange[] {
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) throw new RangeError(`index is ${index}; a tree of ${size} leaves has 0 to ${size - 1}`);
  const ranges: LeafRange[] = [];
  let [from, to] = [0, size];
  while (to - from > 1) {
    const middle = from + split(to - from);
    if (index < middle) {
      ranges.push({ from: middle, to });
      to = middle;
    } else {
      ranges.push({ from, to: middle });
      from = middle;
    }
  }
  return ranges.toReversed();
}

/**
 * The subtrees whose roots prove that a tree of `second` leaves begins with the tree of `first`
 * (PROOF, RFC 6962 section 2.1.2). Empty for equal sizes.
 * @throws RangeError unless 0 < first <= second
 */
export function consistencyRanges(first: number, second: number): readonly LeafRange[] {
  if (!(Number.isSafeInteger(first) && first > 0 && first <= second)) throw new RangeError(`first is ${first}; it must be from 1 to ${second}`);
  const ranges: LeafRange[] = [];
  let [from, to] = [0, second];
  // Whether the part in view is one that the verifier knows: the whole first tree.
  let isKnown = true;
  while (first !== to) {
    const middle = from + split(to - from);
    if (first <= middle) {
      ranges.push({ from: middle, to });
      to = middle;
    } else {
      ranges.push({ from, to: middle });
      from = middle;
      isKnown = false;
    }
  }
  return isKnown ? ranges.toReversed() : [{ from, to }, ...ranges.toReversed()];
}

export interface InclusionProof {
  readonly leafHash: Uint8Array;
  readonly index: number;
  readonly size: number;
  readonly path: readonly Uint8Array[];
  readonly root: Uint8Array;
}

/** Whether a leaf is in the tree with that root (RFC 9162 section 2.1.3.2). False for any proof that is malformed. */
export function verifyInclusion({ leafHash: leaf, index, size, path, root }: InclusionProof): boolean {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size) return false;
  let position = index;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of path) {
    if (last === 0) return false;
    if (position % 2 === 1 || position === last) {
      hash = nodeHash(sibling, hash);
      // A node without a sibling moves up as it is.
      while (position % 2 === 0 && position !== 0) [position, last] = [position / 2, Math.floor(last / 2)];
    } else hash = nodeHash(hash, sibling);
    [position, last] = [Math.floor(position / 2), Math.floor(last / 2)];
  }
  return last === 0 && equal(hash, root);
}

export interface ConsistencyProof {
  readonly first: number;
  readonly second: number;
  readonly firstRoot: Uint8Array;
  readonly secondRoot: Uint8Array;
  readonly path: readonly Uint8Array[];
}

/** Whether the second tree begins with the first (RFC 9162 section 2.1.4.2). False for any proof that is malformed. */
export function verifyConsistency({ first, second, firstRoot, secondRoot, path }: ConsistencyProof): boolean {
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(second) || first <= 0 || first > second) return false;
  if (first === second) return path.length === 0 && equal(firstRoot, secondRoot);
  const isPowerOfTwo = split(first) * 2 === first || first === 1;
  const [start, ...rest] = isPowerOfTwo ? [firstRoot, ...path] : path;
  if (start === undefined) return false;
  let [position, last] = [first - 1, second - 1];
  while (position % 2 === 1) [position, last] = [(position - 1) / 2, Math.floor(last / 2)];
  let [ofFirst, ofSecond] = [start, start];
  for (const sibling of rest) {
    if (last === 0) return false;
    if (position % 2 === 1 || position === last) {
      ofFirst = nodeHash(sibling, ofFirst);
      ofSecond = nodeHash(sibling, ofSecond);
      while (position % 2 === 0 && position !== 0) [position, last] = [position / 2, Math.floor(last / 2)];
    } else ofSecond = nodeHash(ofSecond, sibling);
    [position, last] = [Math.floor(position / 2), Math.floor(last / 2)];
  }
  return last === 0 && equal(ofFirst, firstRoot) && equal(ofSecond, secondRoot);
}

/** Largest power of two below `size`, where a tree divides; for 2 or more leaves. */
export function split(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

function equal(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}
