import { type Dirent } from 'node:fs';
import { readdir, rm, rmdir, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';

/** Unfinished imports are kept this long for a resume, counted from their last written byte. */
export const KEEP_STAGED_MS = 7 * 24 * 3_600_000;

/** A half-written file of a process that seems alive is given up after this time without a write. */
const KEEP_PARTIAL_MS = 24 * 3_600_000;

const PARTIAL = /^(?<host>.+)\.(?<pid>\d+)\.[0-9a-f-]{36}\.partial$/;

/** A name no other writer uses; it says who writes, so that a later run can tell it from litter. */
export function partialName(): string {
  return `${hostname()}.${process.pid}.${randomUUID()}.partial`;
}

/**
 * Removes what dead writers left: half-written files at once, finished but unpublished files of an
 * import that nobody resumed within `keepStagedMs`.
 * @param folder the staging folder; it may be absent
 * @param nowMs wall clock, milliseconds since 1970
 * @returns how many files went
 */
export async function sweepStaging(folder: string, nowMs: number, keepStagedMs = KEEP_STAGED_MS): Promise<number> {
  let removed = 0;
  for (const entry of await entriesOf(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      for (const inner of await entriesOf(path)) {
        if (await removeIfStale(join(path, inner.name), inner.name, nowMs, keepStagedMs)) removed += 1;
      }
      // Fails while files are left, which is what keeps them.
      await rmdir(path).catch(() => undefined);
    } else if (await removeIfStale(path, entry.name, nowMs, keepStagedMs)) removed += 1;
  }
  return removed;
}

async function removeIfStale(path: string, name: string, nowMs: number, keepStagedMs: number): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  if (found === null) return false;
  const idleMs = nowMs - found.mtimeMs;
  const partial = PARTIAL.exec(name);
  const stale = partial ? idleMs > KEEP_PARTIAL_MS || isWriterGone(partial, found.mtimeMs, nowMs) : idleMs > keepStagedMs;
  if (stale) await rm(path, { force: true });
  return stale;
}

function isWriterGone(partial: RegExpExecArray, writtenMs: number, nowMs: number): boolean {
  if (partial.groups?.['host'] !== hostname()) return false;
  const pid = Number(partial.groups['pid']);
  // A container's process often gets the same number again: our own files are younger than we are.
  if (pid === process.pid) return writtenMs < nowMs - process.uptime() * 1000;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
