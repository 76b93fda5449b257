import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isErrorWithCode } from '../errors/error-code.ts';

const KEY_BYTES = 32;

/**
 * 32 secret bytes kept in SIGNALBOX_HOME/keys (mode 0600), generated the first time. Several processes
 * may ask at once; all get the same ones.
 * @param withoutIt what is lost with the key, for the error
 * @throws Error if the kept key is damaged: a new one would not do in its place
 */
export function keptKey(home: string, file: string, withoutIt: string): Buffer {
  const folder = join(home, 'keys');
  const path = join(folder, file);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const fresh = join(folder, `.${file}.${process.pid}.${randomBytes(4).toString('hex')}`);
  try {
    return readKey(path, withoutIt);
  } catch (error) {
    if (!isErrorWithCode(error, 'ENOENT')) throw error;
  }
  try {
    writeFileSync(fresh, `${randomBytes(KEY_BYTES).toString('base64')}\n`, { mode: 0o600, flag: 'wx', flush: true });
    // A link, unlike a rename, fails when another process was first; then its key counts.
    linkSync(fresh, path);
  } catch (error) {
    if (!isErrorWithCode(error, 'EEXIST')) throw error;
  } finally {
    rmSync(fresh, { force: true });
  }
  return readKey(path, withoutIt);
}

function readKey(path: string, withoutIt: string): Buffer {
  const key = Buffer.from(readFileSync(path, 'utf8').trim(), 'base64');
  if (key.length === KEY_BYTES) return key;
  throw new Error(`${path} does not hold ${KEY_BYTES} bytes in base64. Restore it from a backup; without it ${withoutIt}.`);
}
