import { open, mkdir, readdir, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';

export type AppendOutcome =
  | { readonly outcome: 'appended'; readonly offsetBytes: number }
  /** The chunks began elsewhere than where the file ends; nothing was written. */
  | { readonly outcome: 'wrong-offset'; readonly offsetBytes: number }
  /** The chunks went beyond the promised size; what fits was kept. */
  | { readonly outcome: 'too-long'; readonly offsetBytes: number };

export interface AppendPlace {
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  readonly onWritten?: (bytes: Uint8Array) => void;
}

const UPLOAD_ID = /^[0-9a-f-]{36}$/;

/**
 * Unfinished uploads: one file each, named by the upload, whose length is how far it has come. They lie
 * beside the components, on the same file system, so that a finished one needs only a rename.
 */
export class UploadArea {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** @param componentRoot the folder of the component store */
  static async open(componentRoot: string): Promise<UploadArea> {
    const folder = join(componentRoot, '.uploads');
    await mkdir(folder, { recursive: true });
    return new UploadArea(folder);
  }

  pathOf(id: string): string {
    // The id becomes part of a path, so nothing else may pass.
    if (!UPLOAD_ID.test(id)) throw new RangeError(`${JSON.stringify(id)} is no upload id.`);
    return join(this.#folder, `${id}.part`);
  }

  /** How many bytes have arrived; 0 before the first. */
  async offsetOf(id: string): Promise<number> {
    const found = await stat(this.pathOf(id)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    return found?.size ?? 0;
  }

  /**
   * Appends chunks, which must begin where the file ends. What arrives before the stream breaks off is kept.
   * One writer at a time for each upload: that is the caller's to see to. Nothing is ever written over, so
   * where two writers meet all the same the file only becomes longer than either has written.
   * @param sizeBytes promised size of the whole upload
   * @param onWritten told of each run of bytes once it is in the file
   * @throws what the chunks or the file system throw
   */
  async append(id: string, chunks: AsyncIterable<Uint8Array>, { offsetBytes, sizeBytes, onWritten }: AppendPlace): Promise<AppendOutcome> {
    await using file = await open(this.pathOf(id), 'a');
    const { size } = await file.stat();
    if (size !== offsetBytes) return { outcome: 'wrong-offset', offsetBytes: size };
    let reached = size;
    try {
      for await (const chunk of chunks) {
        const fits = chunk.subarray(0, sizeBytes - reached);
        for (let done = 0; done < fits.byteLength; ) {
          const { bytesWritten } = await file.write(fits, done, fits.byteLength - done);
          onWritten?.(fits.subarray(done, done + bytesWritten));
          done += bytesWritten;
          reached += bytesWritten;
        }
        if (fits.byteLength < chunk.byteLength) return { outcome: 'too-long', offsetBytes: reached };
      }
    } finally {
      await file.sync();
    }
    return { outcome: 'appended', offsetBytes: reached };
  }

  async discard(id: string): Promise<void> {
    await rm(this.pathOf(id), { force: true });
  }

  /** Ids of all uploads that have a file. */
  async ids(): Promise<readonly string[]> {
    const names = await readdir(this.#folder);
    return names.flatMap((name) => (name.endsWith('.part') ? [name.slice(0, -'.part'.length)] : [])).filter((id) => UPLOAD_ID.test(id));
  }

  /** Bytes that this user may still write to the disk of the components. */
  async freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(this.#folder);
    return bavail * bsize;
  }
}
