import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Sha256 } from '#libs/release/component';

const DIGEST = /^[0-9a-f]{64}$/;

/**
 * Files that may have lost, or not yet have, their row in the database. A file and a row cannot change in one
 * transaction: a mark goes down before either does and away after both have, so what a crash leaves between is
 * found again, and no file is ever taken for litter just because some database does not know it.
 */
export class Removals {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** @param componentRoot the folder of the component store */
  static async open(componentRoot: string): Promise<Removals> {
    const folder = join(componentRoot, '.marks');
    await mkdir(folder, { recursive: true });
    return new Removals(folder);
  }

  /** On disk when it resolves. */
  async mark(sha256: Sha256): Promise<void> {
    if (!DIGEST.test(sha256)) throw new RangeError(`${JSON.stringify(sha256)} is not a SHA-256 in lower-case hexadecimal digits.`);
    await using file = await open(join(this.#folder, sha256), 'w');
    await file.sync();
    await using folder = await open(this.#folder, 'r');
    await folder.sync();
  }

  async unmark(sha256: Sha256): Promise<void> {
    await rm(join(this.#folder, sha256), { force: true });
  }

  async marked(): Promise<readonly Sha256[]> {
    return (await readdir(this.#folder)).filter((name) => DIGEST.test(name)).toSorted();
  }
}
