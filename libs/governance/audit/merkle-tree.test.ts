import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { consistencyRanges, EMPTY_ROOT, GrowingTree, inclusionRanges, leafHash, type LeafRange, treeRoot, verifyConsistency, verifyInclusion } from './merkle-tree.ts';

/**
 * Leaves, roots and proofs of the reference tests of RFC 6962, as google/certificate-transparency
 * (merkletree tests) and transparency-dev/merkle (testonly and proof tests) publish them.
 */
const LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'].map((hex) => Buffer.from(hex, 'hex'));
const ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const INCLUSION: readonly (readonly [index: number, size: number, path: readonly string[]])[] = [
  [0, 1, []],
  [0, 8, ['96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7', '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e', '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4']],
  [5, 8, ['bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b', 'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0', 'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7']],
  [2, 3, ['fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125']],
  [1, 5, ['6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d', '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e', 'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b']],
];
const CONSISTENCY: readonly (readonly [first: number, second: number, path: readonly string[]])[] = [
  [1, 1, []],
  [1, 8, ['96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7', '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e', '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4']],
  [6, 8, ['0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a', 'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0', 'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7']],
  [2, 5, ['5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e', 'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b']],
  [6, 7, ['0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a', 'b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f', 'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7']],
];

const hashes = LEAVES.map(leafHash);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const rootsOf = (all: readonly Uint8Array[], ranges: readonly LeafRange[]): Uint8Array[] => ranges.map(({ from, to }) => treeRoot(all.slice(from, to)));

describe('against the reference values of RFC 6962', () => {
  it('has their roots, and SHA-256 of nothing for no leaves', () => {
    expect(hashes.map((_, index) => hex(treeRoot(hashes.slice(0, index + 1))))).toEqual(ROOTS);
    expect(hex(treeRoot([]))).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(hex(EMPTY_ROOT)).toBe(hex(createHash('sha256').digest()));
  });

  it.each(INCLUSION)('proves leaf %i of %i', (index, size, path) => {
    const made = rootsOf(hashes, inclusionRanges(index, size));
    expect(made.map(hex)).toEqual(path);
    expect(verifyInclusion({ leafHash: hashes[index]!, index, size, path: made, root: Buffer.from(ROOTS[size - 1]!, 'hex') })).toBe(true);
  });

  it.each(CONSISTENCY)('proves that %i leaves begin %i', (first, second, path) => {
    const made = rootsOf(hashes, consistencyRanges(first, second));
    expect(made.map(hex)).toEqual(path);
    expect(verifyConsistency({ first, second, path: made, firstRoot: Buffer.from(ROOTS[first - 1]!, 'hex'), secondRoot: Buffer.from(ROOTS[second - 1]!, 'hex') })).toBe(true);
  });
});

const many = Array.from({ length: 130 }, (_, index) => leafHash(Buffer.from(String(index))));

describe('for every tree', () => {
  it('grows to the root that the definition gives', () => {
    const definition = (leaves: readonly Uint8Array[]): Uint8Array => {
      if (leaves.length === 1) return leaves[0]!;
      let power = 1;
      while (power * 2 < leaves.length) power *= 2;
      return createHash('sha256').update(Uint8Array.of(1)).update(definition(leaves.slice(0, power))).update(definition(leaves.slice(power))).digest();
    };
    const tree = new GrowingTree();
    for (const [index, hash] of many.entries()) {
      tree.append(hash);
      expect(tree.size).toBe(index + 1);
      expect(hex(tree.root())).toBe(hex(definition(many.slice(0, index + 1))));
    }
  });

  const pair = fc.integer({ min: 1, max: many.length }).chain((size) => fc.tuple(fc.constant(size), fc.integer({ min: 1, max: size })));

  it('proves each leaf, and nothing else by the same proof', () => {
    fc.assert(
      fc.property(pair, fc.nat(), fc.nat(255), ([size, first], where, change) => {
        const index = first - 1;
        const proof = { leafHash: many[index]!, index, size, path: rootsOf(many, inclusionRanges(index, size)), root: treeRoot(many.slice(0, size)) };
        expect(verifyInclusion(proof)).toBe(true);
        expect(verifyInclusion({ ...proof, leafHash: many[(index + 1) % many.length]! })).toBe(false);
        expect(verifyInclusion({ ...proof, path: [...proof.path, many[0]!] })).toBe(false);
        expect(verifyInclusion({ ...proof, path: proof.path.slice(1) })).toBe(proof.path.length === 0);
        if (index > 0) expect(verifyInclusion({ ...proof, index: index - 1 })).toBe(false);
        const wrong = Buffer.from(proof.root);
        wrong[where % 32]! ^= change || 1;
        expect(verifyInclusion({ ...proof, root: wrong })).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it('proves each beginning, and no tree that differs in it', () => {
    fc.assert(
      fc.property(pair, fc.nat(), ([second, first], where) => {
        const proof = { first, second, path: rootsOf(many, consistencyRanges(first, second)), firstRoot: treeRoot(many.slice(0, first)), secondRoot: treeRoot(many.slice(0, second)) };
        expect(verifyConsistency(proof)).toBe(true);
        const other = many.with(where % first, leafHash(Buffer.from('other')));
        expect(verifyConsistency({ ...proof, firstRoot: treeRoot(other.slice(0, first)) })).toBe(false);
        const rewritten = { ...proof, secondRoot: treeRoot(other.slice(0, second)), path: rootsOf(other, consistencyRanges(first, second)) };
        expect(verifyConsistency(rewritten)).toBe(false);
        expect(verifyConsistency({ ...proof, path: [...proof.path, many[0]!] })).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it('refuses what no tree has', () => {
    expect(() => inclusionRanges(8, 8)).toThrow('0 to 7');
    expect(() => consistencyRanges(0, 8)).toThrow('1 to 8');
    expect(() => consistencyRanges(9, 8)).toThrow('1 to 8');
    expect(verifyInclusion({ leafHash: many[0]!, index: 1, size: 1, path: [], root: many[0]! })).toBe(false);
    expect(verifyConsistency({ first: 0, second: 1, path: [], firstRoot: EMPTY_ROOT, secondRoot: many[0]! })).toBe(false);
  });
});
