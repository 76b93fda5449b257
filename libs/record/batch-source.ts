import { createHash } from 'node:crypto';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { type CapturedRequest, type CaptureJob } from '#libs/contract/capture/request-record';
import { decodeBatch } from './batch-format.ts';
import { isCode } from './spool-claim.ts';

/** Largest batch that is read: a full segment and one largest frame. */
const MAX_BATCH_BYTES = 32 * 1024 * 1024;

export type BatchSourceReason = 'outside-spool' | 'spool-missing' | 'too-large' | 'checksum' | 'wrong-count';

/** A batch that must not be written as it is; `reason` says why, for code. */
export class BatchSourceError extends Error {
  override readonly name = 'BatchSourceError';
  readonly reason: BatchSourceReason;

  constructor(reason: BatchSourceReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** `gone`: the spool removes a batch only when it is confirmed, so there is nothing left to do. */
export type BatchRead = { readonly found: true; readonly captured: CapturedRequest[] } | { readonly found: false; readonly reason: 'gone' };

/**
 * Reads the requests that a job announces.
 * @param spoolRoot the only directory from which files are read.
 * @throws BatchSourceError, or BatchFormatError for bytes that are no batch.
 */
export async function readBatch(job: CaptureJob, spoolRoot: string): Promise<BatchRead> {
  const bytes = job.transport === 'inline' ? inlineBytes(job.data) : await spooledBytes(join(job.directory, job.file), spoolRoot);
  if (bytes === null) return { found: false, reason: 'gone' };
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 !== job.sha256) {
    throw new BatchSourceError('checksum', `batch ${job.batchId} has SHA-256 ${sha256}; its job says ${job.sha256}`);
  }
  const captured = decodeBatch(bytes);
  if (captured.length !== job.requests) {
    throw new BatchSourceError('wrong-count', `batch ${job.batchId} holds ${captured.length} requests; its job says ${job.requests}`);
  }
  return { found: true, captured };
}

function inlineBytes(data: string): Buffer {
  if (data.length > MAX_BATCH_BYTES * 1.5) throw new BatchSourceError('too-large', `a batch has at most ${MAX_BATCH_BYTES} bytes`);
  return Buffer.from(data, 'base64');
}

async function spooledBytes(path: string, spoolRoot: string): Promise<Buffer | null> {
  const root = await realpath(spoolRoot).catch(() => {
    throw new BatchSourceError('spool-missing', `the spool directory ${spoolRoot} is not there: mount it here, or use the inline transport`);
  });
  const real = await realpath(path).catch((error: unknown) => {
    if (isCode(error, 'ENOENT')) return null;
    throw error;
  });
  // A missing file is `gone` only inside: a job must not learn which files exist elsewhere.
  const isAllowed = real === null ? isInside(spoolRoot, path) || isInside(root, path) : isInside(root, real);
  if (!isAllowed) throw new BatchSourceError('outside-spool', `${path} is outside the spool directory ${spoolRoot}`);
  if (real === null) return null;
  let handle: FileHandle;
  try {
    handle = await open(real, 'r');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null;
    throw error;
  }
  try {
    const { size } = await handle.stat();
    if (size > MAX_BATCH_BYTES) throw new BatchSourceError('too-large', `${path} has ${size} bytes; a batch has at most ${MAX_BATCH_BYTES}`);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`);
}
