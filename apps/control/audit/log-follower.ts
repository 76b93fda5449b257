import { GrowingTree, leafHash } from '#libs/governance/audit/merkle-tree';
import { type ChainLink } from '#libs/store/audit/audit-tree';
import { type AuditTreePort } from './audit-ports.ts';

/** Grows a Merkle tree with the log, and sees when the log is not what it was. */
export class LogFollower {
  private readonly tree = new GrowingTree();
  private lastHash: Uint8Array = new Uint8Array(32);

  /** @param anchors roots that must come out, by tree size */
  constructor(private readonly anchors: ReadonlyMap<number, string>) {}

  get size(): number {
    return this.tree.size;
  }

  /** 64 hexadecimal digits. */
  root(): string {
    return Buffer.from(this.tree.root()).toString('hex');
  }

  /** Takes in the entries since the last time. A sentence where they contradict what was known; null where all is well. */
  async follow(log: Pick<AuditTreePort, 'size' | 'links'>): Promise<string | null> {
    const size = await log.size();
    const known = Math.max(this.size, ...this.anchors.keys());
    if (size < known) return `The audit log ends at entry ${size}; it had ${known}.`;
    for await (const page of log.links(this.size + 1, size)) {
      for (const link of page) {
        const verdict = this.take(link);
        if (verdict !== null) return verdict;
      }
    }
    return this.size === size ? null : `Entry ${this.size + 1} of the audit log is missing.`;
  }

  private take({ seq, previousHash, hash }: ChainLink): string | null {
    if (seq !== this.size + 1) return `Entry ${this.size + 1} of the audit log is missing.`;
    if (Buffer.compare(previousHash, this.lastHash) !== 0) return `Entry ${seq} of the audit log does not follow the one before it.`;
    this.tree.append(leafHash(hash));
    this.lastHash = hash;
    const root = this.anchors.get(seq);
    if (root === undefined || root === this.root()) return null;
    return `The first ${seq} entries of the audit log are not those that were signed before.`;
  }
}
