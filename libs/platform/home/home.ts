import { accessSync, constants, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Another Signalbox works on this home. */
export class HomeInUseError extends Error {
  override readonly name = 'HomeInUseError';
}

export interface HomeLock {
  release(): void;
}

/**
 * Creates SIGNALBOX_HOME if needed. Root's is traversable by others but not listable, because the
 * embedded PostgreSQL refuses to run as root and must reach its data; secrets in it are 0600.
 * @throws Error with the remedy when this user may not use the folder.
 */
export function prepareHome(home: string): void {
  mkdirSync(home, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
  try {
    accessSync(home, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new Error(`${home} is not open to this user. Start Signalbox as the user who owns it, or set SIGNALBOX_HOME to another folder.`, { cause: error });
  }
}

/**
 * Takes the home for this process. The lock is the exclusive file lock of an SQLite database: the
 * system frees it when its process dies in whatever way, which a file with a process id cannot do.
 * @throws HomeInUseError if another process holds it.
 */
export function lockHome(home: string): HomeLock {
  const holderPath = join(home, 'lock.holder');
  const database = new DatabaseSync(join(home, 'lock.sqlite'), { timeout: 0 });
  try {
    // Rollback journal in memory: nothing is ever written, the lock alone is wanted.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (!isLocked(error)) throw error;
    throw new HomeInUseError(
      `Another Signalbox is running on ${home} (see ${holderPath}). Stop it first, or give this one another SIGNALBOX_HOME.`,
      { cause: error },
    );
  }
  writeFileSync(holderPath, `process ${process.pid}\n`);
  return { release: () => database.close() };
}

function isLocked(error: unknown): boolean {
  const SQLITE_BUSY = 5;
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;
}
