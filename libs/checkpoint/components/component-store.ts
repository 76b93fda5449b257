import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, link, mkdir, open, readdir, rename, rm, rmdir, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Sha256 } from '#libs/release/component';
import { partialName, sweepStaging } from './staging-area.ts';

export interface StoredComponent {
  readonly sha256: Sha256;
  readonly sizeBytes: number;
}

export interface WrittenComponent extends StoredComponent {
  /** True when the store (or the same staging area) already held these bytes. */
  readonly reused: boolean;
}

export type Verification = 'intact' | 'missing' | 'damaged';

const STAGING = '.staging';
const DIGEST = /^[0-9a-f]{64}$/;
const AREA = /^[0-9a-z-]{1,80}$/;

/**
 * Component versions as read-only files named by the SHA-256 of their bytes:
 * `<root>/<sha256[0:2]>/<sha256>`. A file appears whole or not at all. Writing goes through staging
 * areas under `<root>/.staging`: what belongs together is staged first and published at its end.
 */
export class ComponentStore {
  private readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  /**
   * Opens the folder, makes it where it is absent, and sweeps what dead writers left.
   * @param nowMs wall clock, milliseconds since 1970
   */
  static async open(root: string, nowMs = Date.now()): Promise<ComponentStore> {
    await mkdir(join(root, STAGING), { recursive: true });
    await sweepStaging(join(root, STAGING), nowMs);
    return new ComponentStore(root);
  }

  /** Where a component version lies, or would. @throws RangeError if the digest is malformed */
  pathOf(sha256: Sha256): string {
    // The digest becomes part of a path, so nothing else may pass.
    if (!DIGEST.test(sha256)) throw new RangeError(`${JSON.stringify(sha256)} is not a SHA-256 in lower-case hexadecimal digits.`);
    return join(this.root, sha256.slice(0, 2), sha256);
  }

  async has(sha256: Sha256): Promise<boolean> {
    return (await sizeOf(this.pathOf(sha256))) !== null;
  }

  /** Reads the bytes and compares their digest with the name. */
  async verify(sha256: Sha256): Promise<Verification> {
    const path = this.pathOf(sha256);
    if ((await sizeOf(path)) === null) return 'missing';
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
    return hash.digest('hex') === sha256 ? 'intact' : 'damaged';
  }

  /** Every component version with its size, in order of digest. */
  async *list(): AsyncGenerator<StoredComponent> {
    const folders = await readdir(this.root);
    for (const folder of folders.filter((name) => /^[0-9a-f]{2}$/.test(name)).toSorted()) {
      const names = await readdir(join(this.root, folder));
      for (const sha256 of names.filter((name) => DIGEST.test(name)).toSorted()) {
        const sizeBytes = await sizeOf(this.pathOf(sha256));
        if (sizeBytes !== null) yield { sha256, sizeBytes };
      }
    }
  }

  /**
   * Writes one component version and publishes it.
   * @param chunks its bytes; a chunk may be overwritten once the next one is asked for
   * @throws what `chunks` throws, or the file system; then nothing is left behind
   */
  async write(chunks: AsyncIterable<Uint8Array>): Promise<WrittenComponent> {
    const area = partialName().replace(/[^0-9a-z-]/g, '-').slice(-80);
    try {
      const written = await this.stage(area, chunks);
      await this.publish(area, [written.sha256]);
      return written;
    } finally {
      await this.discard(area);
    }
  }

  /**
   * Writes one component version into a staging area: hashed on the way, on disk when it resolves,
   * but not yet part of the store.
   */
  async stage(area: string, chunks: AsyncIterable<Uint8Array>): Promise<WrittenComponent> {
    const folder = this.areaPath(area);
    const partial = join(folder, partialName());
    const file = await create(partial);
    try {
      const written = await writeHashed(file, chunks);
      const reused = await this.holds(area, written);
      if (reused) await rm(partial);
      else {
        await file.sync();
        await rename(partial, join(folder, written.sha256));
        await syncFolder(folder);
      }
      return { ...written, reused };
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    } finally {
      await file.close();
    }
  }

  /** Whether these bytes are there: a published file is read again, so that importing anew mends a damaged one. */
  private async holds(area: string, { sha256, sizeBytes }: StoredComponent): Promise<boolean> {
    if ((await sizeOf(this.pathOf(sha256))) === sizeBytes) return (await this.verify(sha256)) === 'intact';
    return (await sizeOf(join(this.areaPath(area), sha256))) === sizeBytes;
  }

  /** Size of a component version that is published or staged in the area; null where it is neither. */
  async findStaged(area: string, sha256: Sha256): Promise<number | null> {
    return (await sizeOf(this.pathOf(sha256))) ?? sizeOf(join(this.areaPath(area), sha256));
  }

  /**
   * Makes staged component versions part of the store. What is published already stays.
   * @throws Error if one is neither staged nor published
   */
  async publish(area: string, digests: Iterable<Sha256>): Promise<void> {
    const touched = new Set<string>();
    for (const sha256 of new Set(digests)) {
      const target = this.pathOf(sha256);
      await mkdir(dirname(target), { recursive: true });
      try {
        await rename(join(this.areaPath(area), sha256), target);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
        // Not staged: it was stored before, or a parallel import of the same bytes has just published it.
        if (await this.has(sha256)) continue;
        throw new Error(`Component ${sha256} is neither staged nor stored: import again.`, { cause: error });
      }
      touched.add(dirname(target));
    }
    for (const folder of touched) await syncFolder(folder);
    if (touched.size > 0) await syncFolder(this.root);
  }

  /**
   * Makes a file of the same file system part of the store, by its digest, which the caller has checked.
   * On disk under its new name when it resolves; under the old one it stays, where links are possible, until
   * the caller removes it.
   */
  async adopt(path: string, sha256: Sha256): Promise<void> {
    const target = this.pathOf(sha256);
    await mkdir(dirname(target), { recursive: true });
    await chmod(path, 0o444);
    // What lies there may be damaged, or it would not have come again.
    await rm(target, { force: true });
    await link(path, target).catch(() => rename(path, target));
    await syncFolder(dirname(target));
    await syncFolder(this.root);
  }

  /** Removes the file of a component version that nothing names any more; without one, does nothing. */
  async remove(sha256: Sha256): Promise<void> {
    const path = this.pathOf(sha256);
    await rm(path, { force: true });
    await syncFolder(dirname(path)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }

  /** Removes what is staged in an area. Files that another writer is at stay, and with them the area. */
  async discard(area: string): Promise<void> {
    const folder = this.areaPath(area);
    for (const name of await readdir(folder).catch(() => [])) {
      if (DIGEST.test(name)) await rm(join(folder, name), { force: true });
    }
    await rmdir(folder).catch(() => undefined);
  }

  private areaPath(area: string): string {
    if (!AREA.test(area)) throw new RangeError(`${JSON.stringify(area)} cannot name a staging area.`);
    return join(this.root, STAGING, area);
  }
}

/** Makes a file and its folder; twice, as another writer may just be removing the empty folder. */
async function create(path: string): Promise<FileHandle> {
  for (let attempt = 0; ; attempt += 1) {
    await mkdir(dirname(path), { recursive: true });
    try {
      return await open(path, 'wx', 0o444);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || attempt === 1) throw error;
    }
  }
}

async function writeHashed(file: FileHandle, chunks: AsyncIterable<Uint8Array>): Promise<StoredComponent> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of chunks) {
    const writing = writeAll(file, chunk);
    hash.update(chunk);
    await writing;
    sizeBytes += chunk.byteLength;
  }
  return { sha256: hash.digest('hex'), sizeBytes };
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.byteLength; ) {
    const { bytesWritten } = await file.write(chunk, done, chunk.byteLength - done);
    done += bytesWritten;
  }
}

/** A rename survives a power loss only once its folder is on disk. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function sizeOf(path: string): Promise<number | null> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  return found?.isFile() ? found.size : null;
}
