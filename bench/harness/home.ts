import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Runs a benchmark with a home of its own, open to the unprivileged PostgreSQL when run as root. It is
 * removed afterwards; after an error it stays, for its logs.
 */
export async function withHome(run: (home: string) => Promise<void>): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'signalbox-bench-'));
  chmodSync(home, 0o755);
  try {
    await run(home);
  } catch (error) {
    console.error(`failed; logs and data are kept in ${home}`);
    throw error;
  }
  rmSync(home, { recursive: true, force: true });
}
