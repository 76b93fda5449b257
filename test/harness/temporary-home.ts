import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new folder that an unprivileged PostgreSQL can traverse when the tests run as root: mkdtemp alone closes it to others. */
export function newTemporaryHome(prefix: string): string {
  const home = mkdtempSync(join(tmpdir(), prefix));
  chmodSync(home, 0o755);
  return home;
}
