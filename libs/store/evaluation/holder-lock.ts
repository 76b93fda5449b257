import { randomInt } from 'node:crypto';
import { type DataSource } from 'typeorm';
import { LOCKS } from '../locks.ts';

export interface HolderLock {
  /** The number under which this process takes runs. */
  readonly holder: number;
  /** @throws Error once the connection of the lock is gone, and the lock with it */
  check(): Promise<void>;
}

/**
 * Does work under a number that nobody else has, locked on a connection of its own: the lock goes with the
 * connection, so that everyone sees at once when a process that holds runs has died.
 */
export async function underHolderLock<T>(dataSource: DataSource, work: (lock: HolderLock) => Promise<T>): Promise<T> {
  const runner = dataSource.createQueryRunner();
  try {
    let holder = 0;
    for (let isHeld = false; !isHeld; ) {
      holder = randomInt(1, 2 ** 31);
      const [row] = (await runner.query('SELECT pg_try_advisory_lock($1::int, $2::int) AS held', [LOCKS.evaluations, holder])) as { held: boolean }[];
      isHeld = row?.held === true;
    }
    const check = async (): Promise<void> => {
      const [row] = (await runner.query(`SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND objid::bigint = $1`, [holder])) as unknown[];
      if (row === undefined) throw new Error('the lock under which runs are held is gone');
    };
    try {
      return await work({ holder, check });
    } finally {
      await runner.query('SELECT pg_advisory_unlock($1::int, $2::int)', [LOCKS.evaluations, holder]).catch(() => undefined);
    }
  } finally {
    await runner.release();
  }
}
