/** What is wrong with a log, by kind. */
export type FindingKind =
  /** A line of a file is not what its format says. */
  | 'malformed-line'
  /** The export has no last line, or other counts than it: it was cut off. */
  | 'incomplete-export'
  /** A field is not the one that was hashed. */
  | 'altered-entry'
  /** An entry stands where another one stood. */
  | 'reordered-entry'
  /** A sequence number is missing: an entry was deleted. */
  | 'missing-entry'
  /** A sequence number occurs twice. */
  | 'duplicate-entry'
  /** The hash before is not that of the entry before. */
  | 'broken-link'
  /** An entry stands outside the chain and none adopted it: inserted, or written by an older version. */
  | 'unchained-entry'
  /** The entries that were adopted are no longer those. */
  | 'altered-adopted-entries'
  /** A checkpoint's signature is not that of its key. */
  | 'bad-signature'
  /** A checkpoint is signed by a key that is not trusted. */
  | 'unknown-key'
  /** The log does not begin with what was signed or exported before. */
  | 'rewritten-log'
  /** The log ends before what was signed or exported before. */
  | 'truncated-log'
  /** A witnessed checkpoint is not among those of the log. */
  | 'missing-checkpoint';

export interface Finding {
  readonly kind: FindingKind;
  /** Position in the chain of the entry, or tree size of the checkpoint, concerned; null where there is none. */
  readonly seq: number | null;
  readonly message: string;
}

/** More tell no more than these. */
const MAX_FINDINGS = 1000;

/** Findings in the order they were made, the first thousand of them. */
export class Findings {
  readonly list: Finding[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(kind: FindingKind, seq: number | null, message: string): void {
    this.#count += 1;
    if (this.list.length < MAX_FINDINGS) this.list.push({ kind, seq, message });
  }
}
