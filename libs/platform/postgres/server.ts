import { execFile } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isErrorWithCode } from '../errors/error-code.ts';
import { type Account } from './account.ts';
import { programPath, type Binaries } from './binaries.ts';
import { parsePostmasterFile, type PostmasterFile, type ProcessFacts } from './postmaster-file.ts';
import { serverOptions } from './settings.ts';

const MAX_LOG_BYTES = 10 * 1024 ** 2;
const READY_TIMEOUT_SECONDS = 120;
/** After a kill the old server's memory stays taken until its last child is gone, about a second. */
const START_ATTEMPTS = 20;
const ATTEMPT_INTERVAL_MS = 250;
/** What the programs need of our environment; our own settings hold secrets, and PG* would mislead them. */
const PASSED_VARIABLES = ['PATH', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot'];

export const DATABASE_USER = 'signalbox';

/** One server: its programs, the folder with its data and log, and who runs it. */
export interface ServerHome {
  readonly binaries: Binaries;
  readonly place: string;
  readonly account: Account | null;
}

export const dataDirOf = (server: ServerHome): string => join(server.place, 'data');
export const serverLogOf = (server: ServerHome): string => join(server.place, 'log', 'server.log');

/**
 * Makes the data folder if there is none. It gets its name only when complete, so that a start
 * that was cut off leaves nothing half made.
 */
export async function initialise(server: ServerHome, password: string): Promise<void> {
  if (existsSync(dataDirOf(server))) return;
  const partial = `${dataDirOf(server)}.partial`;
  const passwordFile = join(server.place, 'initial-password');
  mkdirSync(server.place, { recursive: true, mode: 0o711 });
  rmSync(partial, { recursive: true, force: true });
  rmSync(passwordFile, { force: true });
  try {
    mkdirSync(partial, { mode: 0o700 });
    writeFileSync(passwordFile, password, { mode: 0o600, flag: 'wx' });
    own(server, partial, passwordFile);
    const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
    const login = [`--username=${DATABASE_USER}`, '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
    const { status, output } = await runProgram(server, 'initdb', [`--pgdata=${partial}`, ...locale, ...login]);
    if (status !== 0) throw new Error(`The embedded PostgreSQL could not make its data folder ${partial}: ${output}`);
    renameSync(partial, dataDirOf(server));
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/**
 * Starts the server and resolves when it takes connections.
 * @throws Error with the end of the server's log if it does not come up.
 */
export async function startServer(server: ServerHome, port: number): Promise<void> {
  const logFile = serverLogOf(server);
  mkdirSync(join(server.place, 'log'), { recursive: true, mode: 0o700 });
  own(server, join(server.place, 'log'));
  if (existsSync(logFile) && statSync(logFile).size > MAX_LOG_BYTES) renameSync(logFile, `${logFile}.1`);
  const args = ['start', '-w', '-s', '-t', String(READY_TIMEOUT_SECONDS), '-D', dataDirOf(server), '-l', logFile, '-o', serverOptions(port)];
  for (let attempt = 1; ; attempt += 1) {
    const { status, output } = await runProgram(server, 'pg_ctl', args);
    if (status === 0) return;
    if (attempt === START_ATTEMPTS) {
      throw new Error(`The embedded PostgreSQL does not start: ${output}\nThe end of ${logFile}:\n${logTail(logFile)}`);
    }
    await delay(ATTEMPT_INTERVAL_MS);
  }
}

/** Ends the server: open transactions are rolled back, what was committed is on the disk. */
export async function stopServer(server: ServerHome, timeoutSeconds: number): Promise<void> {
  if (!processFacts(readPostmasterFile(server)?.pid).alive) return;
  const args = (mode: string) => ['stop', '-w', '-s', '-t', String(timeoutSeconds), '-m', mode, '-D', dataDirOf(server)];
  const { status } = await runProgram(server, 'pg_ctl', args('fast'));
  if (status !== 0) await runProgram(server, 'pg_ctl', args('immediate'));
}

export function readPostmasterFile(server: ServerHome): PostmasterFile | null {
  try {
    return parsePostmasterFile(readFileSync(join(dataDirOf(server), 'postmaster.pid'), 'utf8'));
  } catch (error) {
    if (isErrorWithCode(error, 'ENOENT')) return null;
    throw error;
  }
}

export function removePostmasterFile(server: ServerHome): void {
  rmSync(join(dataDirOf(server), 'postmaster.pid'), { force: true });
}

export function processFacts(pid: number | undefined): ProcessFacts {
  if (pid === undefined) return { alive: false, program: null };
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!isErrorWithCode(error, 'EPERM')) return { alive: false, program: null };
  }
  return describeProcess(pid);
}

/** A killed process whose parent has not yet collected it still has a number, but does not live. */
function describeProcess(pid: number): ProcessFacts {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const state = stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
    return { alive: state !== 'Z' && state !== 'X', program: stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')')) };
  } catch {
    return { alive: true, program: null };
  }
}

function own(server: ServerHome, ...paths: string[]): void {
  if (server.account === null) return;
  for (const path of paths) chownSync(path, server.account.uid, server.account.gid);
}

function logTail(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n').slice(-8).join('\n') : '(no log)';
}

async function runProgram(server: ServerHome, program: 'initdb' | 'pg_ctl', args: string[]): Promise<{ status: number; output: string }> {
  const { promise, resolve } = Promise.withResolvers<{ status: number; output: string }>();
  const env = Object.fromEntries(PASSED_VARIABLES.map((name) => [name, process.env[name]]));
  const identity = server.account === null ? {} : { uid: server.account.uid, gid: server.account.gid };
  const options = { cwd: '/', env: { ...env, LC_ALL: 'C' }, windowsHide: true, ...identity };
  execFile(programPath(server.binaries, program), args, options, (error, stdout, stderr) => {
    const output = `${stdout}${stderr}`.trim() || (error?.message ?? '');
    resolve({ status: error === null ? 0 : typeof error.code === 'number' ? error.code : 1, output });
  });
  return promise;
}
