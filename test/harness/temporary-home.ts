import { chmodSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that an unprivileged PostgreSQL can traverse when the tests run as root. */
export function temporaryHome(): string {
  const folder = join(tmpdir(), 'signalbox-test-homes');
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o755);
  return folder;
}
