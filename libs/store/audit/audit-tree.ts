import { type DataSource } from 'typeorm';
import { GrowingTree, inclusionRanges, leafHash, type LeafRange, nodeHash, split } from '#libs/governance/audit/merkle-tree';

/** A chained entry without its fields. */
export interface ChainLink {
  readonly seq: number;
  /** 32 bytes each. */
  readonly previousHash: Uint8Array;
  readonly hash: Uint8Array;
}

const PAGE = 1_000;
/** Complete subtrees of at least this many leaves are remembered: they never change. */
const REMEMBERED_LEAVES = 512;
/** For 2^25 entries; beyond it the oldest is forgotten. */
const MAX_REMEMBERED = 131_072;

/** The Merkle tree over the entries of the chain, read from their hashes. */
export class AuditTree {
  private readonly remembered = new Map<string, Uint8Array>();

  constructor(private readonly dataSource: DataSource) {}

  /** Number of the last entry; 0 for none. */
  async size(): Promise<number> {
    const [row]: { seq: string | null }[] = await this.dataSource.query('SELECT max(seq) AS seq FROM signalbox.audit_entry');
    return Number(row?.seq ?? 0);
  }

  /** The entries `from` to `to`, both included, in order, in pages. */
  async *links(from: number, to: number): AsyncGenerator<readonly ChainLink[]> {
    for (let start = from; start <= to; start += PAGE) {
      const rows: { seq: string; prev_hash: Buffer; hash: Buffer }[] = await this.dataSource.query(
        'SELECT seq, prev_hash, hash FROM signalbox.audit_entry WHERE seq BETWEEN $1 AND $2 ORDER BY seq',
        [start, Math.min(to, start + PAGE - 1)],
      );
      yield rows.map(({ seq, prev_hash, hash }) => ({ seq: Number(seq), previousHash: prev_hash, hash }));
    }
  }

  /** Inclusion proof of entry `seq` in the tree of the first `size` entries, from the leaf up. */
  async inclusionPath(seq: number, size: number): Promise<readonly Uint8Array[]> {
    const path: Uint8Array[] = [];
    for (const range of inclusionRanges(seq - 1, size)) path.push(await this.rangeRoot(range));
    return path;
  }

  /** Root of a subtree; large ones come from their remembered parts, so that few hashes are read twice. */
  private async rangeRoot({ from, to }: LeafRange): Promise<Uint8Array> {
    const leaves = to - from;
    const key = `${from} ${to}`;
    const known = this.remembered.get(key);
    if (known) return known;
    if (leaves > REMEMBERED_LEAVES) {
      const middle = from + split(leaves);
      const root = nodeHash(await this.rangeRoot({ from, to: middle }), await this.rangeRoot({ from: middle, to }));
      if (split(leaves) * 2 === leaves) this.remember(key, root);
      return root;
    }
    const tree = new GrowingTree();
    for await (const page of this.links(from + 1, to)) for (const { hash } of page) tree.append(leafHash(hash));
    if (leaves === REMEMBERED_LEAVES) this.remember(key, tree.root());
    return tree.root();
  }

  private remember(key: string, root: Uint8Array): void {
    const [oldest] = this.remembered.keys();
    if (this.remembered.size >= MAX_REMEMBERED && oldest !== undefined) this.remembered.delete(oldest);
    this.remembered.set(key, root);
  }
}
