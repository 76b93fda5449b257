import { chmodSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that an unprivileged PostgreSQL can traverse when the tests run as root. */
function temporaryHome(): string {
  const folder = join(tmpdir(), 'signalbox-test-homes');
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o755);
  return folder;
}

/** A new folder in it that the embedded PostgreSQL can traverse, too: mkdtemp alone closes it to others. */
export function newTemporaryHome(prefix: string): string {
  const home = mkdtempSync(join(temporaryHome(), prefix));
  chmodSync(home, 0o755);
  return home;
}
