import { type Anchor, checkAnchors, trustedCheckpoints } from './anchor-check.ts';
import { ChainCheck } from './chain-check.ts';
import { type Checkpoint, keyIdOf, readCheckpoint } from './checkpoint.ts';
import { EXPORT_FORMAT, type ExportHeader, readEntry } from './exported-entry.ts';
import { type Finding, Findings } from './findings.ts';
import { GrowingTree } from './merkle-tree.ts';

/** What a log is held against besides itself. */
export interface Evidence {
  /** Public keys that were trusted beforehand, 32 bytes each; empty: those that the export names. */
  readonly keys: readonly Uint8Array[];
  /** Fingerprints that were trusted beforehand, of keys that the export names. */
  readonly keyIds: readonly string[];
  /** Parsed lines of a witness file; null where none was given. */
  readonly witness: readonly unknown[] | null;
  /** What an earlier export ended with; null where none was given. */
  readonly earlier: Pick<Anchor, 'treeSize' | 'root'> | null;
}

export interface VerifyReport {
  readonly ok: boolean;
  readonly entries: { readonly chained: number; readonly unchained: number; readonly adopted: number };
  /** The last entry; what an auditor notes down to compare later. */
  readonly head: { readonly seq: number; readonly hash: string; readonly root: string } | null;
  readonly findings: readonly Finding[];
  /** May be more than are listed. */
  readonly findingCount: number;
  /** Sentences: what holds, and what this could not show. */
  readonly proved: readonly string[];
  readonly notProved: readonly string[];
}

/** Verifies one export, line by line. Pure: whoever reads the files passes their parsed lines in. */
export class LogVerifier {
  readonly #findings = new Findings();
  readonly #chain = new ChainCheck(this.#findings);
  readonly #checkpoints: Checkpoint[] = [];
  #header: ExportHeader | null = null;
  #hasEnded = false;
  #lines = 0;

  /** @param value a parsed line, in the order of the file; undefined for a line that is no JSON */
  add(value: unknown): void {
    this.#lines += 1;
    if (this.#hasEnded) return this.#findings.add('malformed-line', null, `Line ${this.#lines} stands after the end of the export.`);
    const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : null;
    if (type === 'header') return this.#addHeader(value as ExportHeader);
    if (type === 'entry') {
      const entry = readEntry(value);
      if (entry) return this.#chain.add(entry);
    }
    if (type === 'checkpoint') {
      const checkpoint = readCheckpoint(value);
      if (checkpoint) return void this.#checkpoints.push(checkpoint);
    }
    if (type === 'end') return this.#end(value as { entries?: unknown; checkpoints?: unknown });
    this.#findings.add('malformed-line', null, `Line ${this.#lines} is no line of an audit export.`);
  }

  /** What the log ends with, for a later export to be held against. */
  get anchor(): Pick<Anchor, 'treeSize' | 'root'> | null {
    const { leaves } = this.#chain;
    return leaves.length === 0 ? null : { treeSize: leaves.length, root: rootOf(leaves) };
  }

  finish(evidence: Evidence): VerifyReport {
    const findings = this.#findings;
    if (this.#header === null || !this.#hasEnded) findings.add('incomplete-export', null, 'The export has no first or no last line: it is cut off. Export it again.');
    this.#chain.finish();
    const { head, leaves, counts } = this.#chain;
    const keys = this.#trustedKeys(evidence);
    const signed = trustedCheckpoints(this.#checkpoints, 'checkpoint', keys, findings);
    const witnessed = this.#witnessed(evidence, keys);
    const earlier = evidence.earlier === null ? [] : [{ ...evidence.earlier, source: 'earlier-export' as const, at: null }];
    const { agreed, unchecked } = checkAnchors([...signed, ...witnessed, ...earlier], leaves, head?.seq ?? 0, findings);
    return {
      ok: findings.count === 0,
      entries: counts,
      head: head && { ...head, root: rootOf(leaves) },
      findings: findings.list,
      findingCount: findings.count,
      proved: this.#proved(agreed),
      notProved: this.#notProved(evidence, agreed, unchecked),
    };
  }

  #addHeader(header: ExportHeader): void {
    const hasKeys = Array.isArray(header.keys) && header.keys.every((key) => typeof (key as { publicKey?: unknown } | null)?.publicKey === 'string');
    if (header.format !== EXPORT_FORMAT || !hasKeys || this.#header !== null) {
      this.#findings.add('malformed-line', null, `Line ${this.#lines} is no header of ${EXPORT_FORMAT}.`);
    } else this.#header = header;
  }

  #end({ entries, checkpoints }: { entries?: unknown; checkpoints?: unknown }): void {
    this.#hasEnded = true;
    const { chained, unchained } = this.#chain.counts;
    if (entries !== chained + unchained || checkpoints !== this.#checkpoints.length) {
      this.#findings.add('incomplete-export', null, `The export says that it has ${String(entries)} entries and ${String(checkpoints)} checkpoints; there are ${chained + unchained} and ${this.#checkpoints.length}.`);
    }
  }

  #trustedKeys({ keys, keyIds }: Evidence): ReadonlyMap<string, Uint8Array> {
    const named = (this.#header?.keys ?? []).map(({ publicKey }) => Buffer.from(publicKey, 'base64'));
    const believed = keys.length + keyIds.length === 0 ? named : [...keys, ...named.filter((key) => keyIds.includes(keyIdOf(key)))];
    return new Map(believed.map((key) => [keyIdOf(key), key]));
  }

  #witnessed({ witness }: Evidence, keys: ReadonlyMap<string, Uint8Array>): readonly (Checkpoint & Anchor)[] {
    if (witness === null) return [];
    const read = witness.map(readCheckpoint);
    for (const [index, checkpoint] of read.entries()) {
      if (checkpoint === null) this.#findings.add('malformed-line', null, `Line ${index + 1} of the witness is no checkpoint.`);
    }
    const witnessed = trustedCheckpoints(read.filter((checkpoint) => checkpoint !== null), 'witness', keys, this.#findings);
    const present = new Set(this.#checkpoints.map(({ treeSize, signature }) => `${treeSize} ${signature}`));
    for (const { treeSize, signature, at } of witnessed) {
      if (!present.has(`${treeSize} ${signature}`)) this.#findings.add('missing-checkpoint', treeSize, `The log no longer has the checkpoint of ${treeSize} entries that the witness saw signed at ${at}.`);
    }
    return witnessed;
  }

  #proved(agreed: readonly Anchor[]): string[] {
    if (this.#findings.count > 0) return [];
    const { chained, adopted } = this.#chain.counts;
    const last = (source: Anchor['source']): Anchor | undefined => agreed.findLast((anchor) => anchor.source === source);
    const [checkpoint, witness, earlier] = [last('checkpoint'), last('witness'), last('earlier-export')];
    return [
      ...(chained > 0 ? [`Entries 1 to ${chained} form one chain, and each field is as it was hashed.`] : []),
      ...(adopted > 0 ? [`${adopted} entries from before the chain are as they were when it adopted them.`] : []),
      ...(checkpoint ? [`Entries 1 to ${checkpoint.treeSize} are those that were signed at ${checkpoint.at}; all ${agreed.filter(({ source }) => source === 'checkpoint').length} checkpoints agree.`] : []),
      ...(witness ? [`Entries 1 to ${witness.treeSize} are those that the witness saw at ${witness.at}.`] : []),
      ...(earlier ? [`The log begins with the ${earlier.treeSize} entries of the earlier export.`] : []),
    ];
  }

  #notProved({ keys, keyIds, witness, earlier }: Evidence, agreed: readonly Anchor[], unchecked: number): string[] {
    const { adopted } = this.#chain.counts;
    const size = this.#chain.head?.seq ?? 0;
    const anchored = agreed.at(-1)?.treeSize ?? 0;
    return [
      ...(keys.length + keyIds.length === 0 ? ['Whose key signed: it came with the export. Compare its fingerprint with one you got another way (--key).'] : []),
      ...(anchored < size ? [`Entries ${anchored + 1} to ${size} ${this.#findings.count > 0 ? 'are covered by no checkpoint that could be checked' : 'are not signed yet'}: whoever may write to the database could have replaced them as a whole.`] : []),
      ...(witness === null && earlier === null ? ['That nothing was cut off after the last checkpoint, or all replaced by a holder of the signing key: give --witness or an earlier export (--since).'] : []),
      ...(adopted > 0 ? [`Who wrote the ${adopted} adopted entries, and that they were whole before they were adopted.`] : []),
      ...(unchecked > 0 ? [`${unchecked} checkpoints, because entries before them are missing.`] : []),
      'That everything that was done was logged: the log holds what Signalbox did, not what was done to the database past it.',
    ];
  }
}

function rootOf(leaves: readonly Uint8Array[]): string {
  const tree = new GrowingTree();
  for (const leaf of leaves) tree.append(leaf);
  return Buffer.from(tree.root()).toString('hex');
}
