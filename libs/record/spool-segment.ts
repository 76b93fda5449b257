import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, open, readdir, readFile, rename, stat, truncate, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { wholeFrames } from './batch-format.ts';

/** A closed segment, ready to be handed over; its file does not change any more. */
export interface SealedBatch {
  readonly batchId: string;
  readonly directory: string;
  readonly file: string;
  readonly bytes: number;
  readonly requests: number;
  /** SHA-256 of the file, hexadecimal. */
  readonly sha256: string;
  readonly sealedAtMs: number;
}

const OPEN = '.open';
const BATCH = '.batch';
const SEGMENT = /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.(open|batch)$/;

/** The segment being written: appends whole groups of frames and counts only what is written. */
export class OpenSegment {
  bytes = 0;
  requests = 0;
  readonly batchId: string;
  private readonly directory: string;
  private readonly handle: FileHandle;
  private readonly hash = createHash('sha256');

  private constructor(directory: string, batchId: string, handle: FileHandle) {
    this.directory = directory;
    this.batchId = batchId;
    this.handle = handle;
  }

  /** `syncDirectory`: the new name survives a loss of power too. */
  static async create(directory: string, syncDirectory: boolean): Promise<OpenSegment> {
    const batchId = randomUUID();
    const handle = await open(join(directory, batchId + OPEN), 'wx', 0o600);
    if (syncDirectory) await syncFolder(directory);
    return new OpenSegment(directory, batchId, handle);
  }

  /** Writes frames after what is there; what fails half-way is overwritten by the next write. */
  async write(frames: Buffer, requests: number, sync: boolean): Promise<void> {
    for (let done = 0; done < frames.length; ) {
      const { bytesWritten } = await this.handle.write(frames, done, frames.length - done, this.bytes + done);
      done += bytesWritten;
    }
    if (sync) await this.handle.datasync();
    this.hash.update(frames);
    this.bytes += frames.length;
    this.requests += requests;
  }

  /** Closes the segment under its batch's name; null when nothing was written. */
  async seal(nowMs: number): Promise<SealedBatch | null> {
    const from = join(this.directory, this.batchId + OPEN);
    try {
      // Cuts what a failed write may have left behind the last whole frame.
      await this.handle.truncate(this.bytes);
    } finally {
      await this.handle.close();
    }
    if (this.bytes === 0) {
      await unlink(from);
      return null;
    }
    const file = this.batchId + BATCH;
    await rename(from, join(this.directory, file));
    const { batchId, directory, bytes, requests } = this;
    return { batchId, directory, file, bytes, requests, sha256: this.hash.digest('hex'), sealedAtMs: nowMs };
  }
}

/** Batches in the folder of a process that is gone: torn tails cut, unfinished segments sealed. */
export async function recoverFolder(directory: string): Promise<SealedBatch[]> {
  const batches: SealedBatch[] = [];
  for (const name of await readdir(directory)) {
    const batchId = SEGMENT.exec(name)?.[1];
    if (batchId === undefined) continue;
    const batch = await recoverSegment(directory, name, batchId);
    if (batch !== null) batches.push(batch);
  }
  return batches;
}

async function recoverSegment(directory: string, name: string, batchId: string): Promise<SealedBatch | null> {
  const path = join(directory, name);
  const { mtimeMs } = await stat(path);
  const content = await readFile(path);
  const whole = wholeFrames(content);
  if (whole.frames === 0) {
    await unlink(path);
    return null;
  }
  if (whole.bytes < content.length) await truncate(path, whole.bytes);
  const file = batchId + BATCH;
  if (name !== file) await rename(path, join(directory, file));
  const sha256 = createHash('sha256').update(content.subarray(0, whole.bytes)).digest('hex');
  return { batchId, directory, file, bytes: whole.bytes, requests: whole.frames, sha256, sealedAtMs: mtimeMs };
}

/** Makes names created in a folder survive a loss of power. */
export async function syncFolder(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
