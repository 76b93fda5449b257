import { ADOPT_ACTION, type Adoption, ADOPTION_START, adoptionDigest, readAdoption } from './adoption.ts';
import { CHAIN_START, entryHash } from './audit-record.ts';
import { type ExportedEntry } from './exported-entry.ts';
import { type Findings } from './findings.ts';
import { leafHash } from './merkle-tree.ts';

/** Altered entries among which it is tried whether they only changed places. */
const MAX_PLACES_TRIED = 64;

interface Chained extends ExportedEntry {
  readonly seq: number;
  readonly hash: string;
  readonly previousHash: string;
}

/**
 * Checks entries one by one: the chained ones in order of `seq`, then those outside the chain in order
 * of id. Keeps 32 bytes for each chained entry.
 */
export class ChainCheck {
  readonly #findings: Findings;
  readonly #leaves: Uint8Array[] = [];
  readonly #altered: Chained[] = [];
  readonly #adoptions: { readonly seq: number; readonly adoption: Adoption; entries: number; digest: Uint8Array }[] = [];
  #last: Chained | null = null;
  #isWhole = true;
  #chained = 0;
  #unchained = 0;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** Leaf hashes of the entries from 1 up to the first gap. */
  get leaves(): readonly Uint8Array[] {
    return this.#leaves;
  }

  get head(): { readonly seq: number; readonly hash: string } | null {
    return this.#last && { seq: this.#last.seq, hash: this.#last.hash };
  }

  get counts(): { readonly chained: number; readonly unchained: number; readonly adopted: number } {
    return { chained: this.#chained, unchained: this.#unchained, adopted: this.#adoptions.reduce((sum, { entries }) => sum + entries, 0) };
  }

  add(entry: ExportedEntry): void {
    if (isChained(entry)) this.#addChained(entry);
    else this.#addUnchained(entry);
  }

  finish(): void {
    this.#nameReordered();
    for (const { seq, adoption, entries, digest } of this.#adoptions) {
      if (entries === adoption.entries && Buffer.from(digest).toString('hex') === adoption.digest) continue;
      this.#findings.add('altered-adopted-entries', seq, `Entry ${seq} adopted ${adoption.entries} older entries (ids ${adoption.fromId} to ${adoption.toId}); the ${entries} that are there now are not those.`);
    }
  }

  #addChained(entry: Chained): void {
    this.#chained += 1;
    const { seq, hash, previousHash } = entry;
    const expected = (this.#last?.seq ?? 0) + 1;
    if (seq < expected) {
      this.#findings.add('duplicate-entry', seq, `There is more than one entry ${seq}.`);
      return;
    }
    if (seq > expected) {
      this.#isWhole = false;
      this.#findings.add('missing-entry', expected, seq === expected + 1 ? `Entry ${expected} is missing.` : `Entries ${expected} to ${seq - 1} are missing.`);
    } else if (previousHash !== (this.#last?.hash ?? Buffer.from(CHAIN_START).toString('hex'))) {
      this.#findings.add('broken-link', seq, `Entry ${seq} does not follow the entry that stands before it.`);
    }
    if (this.#last !== null && entry.id <= this.#last.id) this.#findings.add('reordered-entry', seq, `Entry ${seq} has the id ${entry.id}, which is not above that of the entry before it.`);
    if (this.#hashAs(entry, seq, previousHash) !== hash) this.#altered.push(entry);
    if (this.#isWhole) this.#leaves.push(leafHash(Buffer.from(hash, 'hex')));
    if (entry.action === ADOPT_ACTION) {
      const adoption = readAdoption(entry.detail);
      if (adoption) this.#adoptions.push({ seq, adoption, entries: 0, digest: ADOPTION_START });
    }
    this.#last = entry;
  }

  #addUnchained(entry: ExportedEntry): void {
    this.#unchained += 1;
    const by = this.#adoptions.find(({ adoption }) => entry.id >= adoption.fromId && entry.id <= adoption.toId);
    if (!by) {
      this.#findings.add('unchained-entry', null, `The entry with id ${entry.id} (${entry.action}, ${entry.at}) stands outside the chain: it was inserted, or a version without the chain wrote it.`);
      return;
    }
    by.entries += 1;
    try {
      by.digest = adoptionDigest(by.digest, entry);
    } catch {
      this.#findings.add('altered-adopted-entries', by.seq, `The adopted entry with id ${entry.id} holds a value that no entry can hold.`);
    }
  }

  /** An altered entry whose hash is right at another's place was only moved. */
  #nameReordered(): void {
    const places = this.#altered.slice(0, MAX_PLACES_TRIED);
    for (const entry of this.#altered) {
      const from = places.find((place) => place.seq !== entry.seq && [entry, place].some(({ previousHash }) => [entry, place].some(({ hash }) => this.#hashAs(entry, place.seq, previousHash) === hash)));
      if (from) this.#findings.add('reordered-entry', entry.seq, `Entry ${entry.seq} (${entry.action}) was entry ${from.seq}.`);
      else this.#findings.add('altered-entry', entry.seq, `Entry ${entry.seq} (${entry.action}, ${entry.subject}) is not as it was written: its hash does not fit its fields.`);
    }
  }

  /** null where a field holds what canonical JSON cannot, which no written entry does. */
  #hashAs(entry: Chained, seq: number, previousHash: string): string | null {
    try {
      return entryHash({ ...entry, seq }, Buffer.from(previousHash, 'hex')).toString('hex');
    } catch {
      return null;
    }
  }
}

function isChained(entry: ExportedEntry): entry is Chained {
  return entry.seq !== null && entry.hash !== null && entry.previousHash !== null;
}
