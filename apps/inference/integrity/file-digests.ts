import { type BigIntStats } from 'node:fs';
import { stat } from 'node:fs/promises';

/** A file as it was when it was hashed. */
export interface HashedFile {
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Device, inode, size and times: any write changes it. */
  readonly state: string;
  /** False where the digest of an earlier look still holds. */
  readonly isFresh: boolean;
}

/** `once`: a file that has not changed since it was hashed by this process is not hashed again. `always`: every look hashes. */
export type VerifyMode = 'once' | 'always';

/** Looks at a file that is being written to; beyond them it is refused. */
const MAX_LOOKS = 3;
/** Files remembered; the oldest goes first. The largest known model has some 24,000 components. */
const MAX_REMEMBERED = 100_000;

/** Digests of files, remembered by the state of the file. */
export class FileDigests {
  readonly #known = new Map<string, { readonly state: string; readonly sha256: string }>();

  constructor(
    private readonly hash: (path: string) => Promise<string>,
    private readonly mode: VerifyMode,
  ) {}

  /** @throws Error where the file cannot be read, or changes while it is read */
  async look(path: string): Promise<HashedFile> {
    let before = await stat(path, { bigint: true });
    const known = this.#known.get(path);
    if (this.mode === 'once' && known?.state === stateOf(before)) return { path, ...known, sizeBytes: Number(before.size), isFresh: false };
    for (let looks = 0; looks < MAX_LOOKS; looks++) {
      const sha256 = await this.hash(path);
      const after = await stat(path, { bigint: true });
      const state = stateOf(after);
      if (stateOf(before) === state) {
        this.#remember(path, { state, sha256 });
        return { path, sha256, state, sizeBytes: Number(after.size), isFresh: true };
      }
      before = after;
    }
    throw new Error(`the file changes while it is read: ${path}`);
  }

  /** Whether a file is still the one that was hashed. */
  async isUnchanged({ path, state }: HashedFile): Promise<boolean> {
    const now = await stat(path, { bigint: true }).catch(() => null);
    return now !== null && stateOf(now) === state;
  }

  #remember(path: string, known: { readonly state: string; readonly sha256: string }): void {
    this.#known.delete(path);
    this.#known.set(path, known);
    if (this.#known.size <= MAX_REMEMBERED) return;
    const [oldest] = this.#known.keys();
    if (oldest !== undefined) this.#known.delete(oldest);
  }
}

function stateOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
}
