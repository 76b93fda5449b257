import { setTimeout as sleep } from 'node:timers/promises';
import { type DataSource } from 'typeorm';

export type LockOutcome<T> = { readonly held: true; readonly result: T } | { readonly held: false };

export interface LockWait {
  /** Waits until this aborts; without it, does not wait. */
  readonly signal?: AbortSignal;
}

const RETRY_MS = 250;

/**
 * Does work while this process holds an advisory lock, on a connection of its own: the lock goes with that
 * connection, so a process that dies lets go. `held: false` where another has it and there is no waiting.
 * @throws what the work throws; the signal's reason when it aborts first
 */
export async function underSessionLock<T>(dataSource: DataSource, key: number, { signal }: LockWait, work: () => Promise<T>): Promise<LockOutcome<T>> {
  const runner = dataSource.createQueryRunner();
  try {
    // Tried again and again, not waited for in the database: a statement there has a time limit and no way to be called off.
    for (;;) {
      signal?.throwIfAborted();
      const [row] = (await runner.query('SELECT pg_try_advisory_lock($1) AS held', [key])) as { held: boolean }[];
      if (row?.held) break;
      if (!signal) return { held: false };
      await sleep(RETRY_MS, undefined, { signal });
    }
    try {
      return { held: true, result: await work() };
    } finally {
      await runner.query('SELECT pg_advisory_unlock($1)', [key]);
    }
  } finally {
    await runner.release();
  }
}
