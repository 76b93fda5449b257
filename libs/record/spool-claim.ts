import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, readlink, rename, rm, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

/**
 * Several processes share one spool directory; each writes into a folder of its own, `writer-<uuid>`.
 * Who owns a folder stands in its file `owner-<n>.json` with the highest n. To take over a dead
 * process's folder is to create n + 1, which the file system lets only one process do. Numbers only
 * ever grow while the folder exists, so a slow second adopter can't take it from the first.
 */
export interface FolderOwner {
  /** Host name and process id namespace: within one such pair a pid means one process. */
  readonly host: string;
  readonly pid: number;
  /** Boot id and start time of the process where the system tells them: a pid alone comes back. */
  readonly start: string | null;
  readonly released: boolean;
}

export interface FolderClaim {
  readonly folder: string;
  readonly generation: number;
}

export type OwnerState = 'released' | 'same-host-running' | 'same-host-gone' | 'other-host-beating' | 'other-host-silent';

/** An owner on another host is taken for dead when its heartbeat is older than this. */
export const HEARTBEAT_STALE_MS = 60_000;

const FOLDER = /^writer-[0-9a-f-]{36}$/;
const OWNER_FILE = /^owner-(\d{1,9})\.json$/;

/** Whether a folder's owner still lives, as far as its own host or its heartbeat can say. */
export function ownerState(owner: FolderOwner, observerHost: string, runningStart: string | null, heartbeatAgeMs: number): OwnerState {
  if (owner.released) return 'released';
  if (owner.host !== observerHost) return heartbeatAgeMs > HEARTBEAT_STALE_MS ? 'other-host-silent' : 'other-host-beating';
  if (runningStart === null) return 'same-host-gone';
  const isSame = owner.start === null || runningStart === 'unknown' || runningStart === owner.start;
  return isSame ? 'same-host-running' : 'same-host-gone';
}

/** Makes a folder of our own; it appears under its name only with its owner file in it. */
export async function claimNewFolder(root: string): Promise<FolderClaim> {
  const id = randomUUID();
  const hidden = join(root, `.new-${id}`);
  const folder = join(root, `writer-${id}`);
  await mkdir(hidden, { recursive: true, mode: 0o700 });
  await writeFile(join(hidden, ownerFile(1)), await selfText(), { mode: 0o600 });
  await rename(hidden, folder);
  return { folder, generation: 1 };
}

/** Folders of the spool directory, by full path. */
export async function spoolFolders(root: string): Promise<string[]> {
  return (await readdir(root)).filter((name) => FOLDER.test(name)).map((name) => join(root, name));
}

/** Takes over a folder whose owner is gone; null when it lives or another process was first. */
export async function adoptFolder(folder: string, nowMs: number): Promise<FolderClaim | null> {
  const generation = await latestGeneration(folder);
  if (generation === null || (generation > 0 && !(await isOwnerGone(folder, generation, nowMs)))) return null;
  const temporary = join(folder, `.owner-${randomUUID()}`);
  try {
    await writeFile(temporary, await selfText(), { mode: 0o600 });
    await link(temporary, join(folder, ownerFile(generation + 1)));
  } catch (error) {
    if (isCode(error, 'EEXIST') || isCode(error, 'ENOENT')) return null;
    throw error;
  } finally {
    await unlink(temporary).catch(() => undefined);
  }
  if (generation > 0) await unlink(join(folder, ownerFile(generation))).catch(() => undefined);
  return { folder, generation: generation + 1 };
}

/** Renews the heartbeat that other hosts go by. */
export async function beat(claim: FolderClaim, nowMs: number): Promise<void> {
  await utimes(join(claim.folder, ownerFile(claim.generation)), nowMs / 1000, nowMs / 1000);
}

/** Leaves a folder that still holds batches to whoever adopts it next. */
export async function releaseFolder(claim: FolderClaim): Promise<void> {
  const temporary = join(claim.folder, `.owner-${randomUUID()}`);
  const owner: FolderOwner = { ...(await self()), released: true };
  await writeFile(temporary, JSON.stringify(owner), { mode: 0o600 });
  await rename(temporary, join(claim.folder, ownerFile(claim.generation)));
}

/** Removes an empty folder; hidden first, so that nobody adopts it half removed. */
export async function discardFolder(claim: FolderClaim): Promise<void> {
  const hidden = join(claim.folder, '..', `.done-${randomUUID()}`);
  await rename(claim.folder, hidden);
  await rm(hidden, { recursive: true, force: true });
}

/** Removes what a process killed while it made or discarded a folder left behind. */
export async function sweepHiddenFolders(root: string, nowMs: number): Promise<void> {
  for (const name of await readdir(root)) {
    if (!name.startsWith('.new-') && !name.startsWith('.done-')) continue;
    const path = join(root, name);
    const age = await stat(path).then((found) => nowMs - found.mtimeMs, () => 0);
    if (age > HEARTBEAT_STALE_MS) await rm(path, { recursive: true, force: true });
  }
}

function ownerFile(generation: number): string {
  return `owner-${generation}.json`;
}

async function latestGeneration(folder: string): Promise<number | null> {
  try {
    const numbers = (await readdir(folder)).map((name) => Number(OWNER_FILE.exec(name)?.[1] ?? 0));
    return Math.max(0, ...numbers);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null;
    throw error;
  }
}

async function isOwnerGone(folder: string, generation: number, nowMs: number): Promise<boolean> {
  const path = join(folder, ownerFile(generation));
  try {
    const owner = JSON.parse(await readFile(path, 'utf8')) as FolderOwner;
    const { mtimeMs } = await stat(path);
    const state = ownerState(owner, await selfHost(), await processStart(owner.pid), nowMs - mtimeMs);
    return state === 'released' || state === 'same-host-gone' || state === 'other-host-silent';
  } catch (error) {
    // Adopted and renumbered by another process between the listing and the reading: it lives.
    if (isCode(error, 'ENOENT')) return false;
    // Half a file survives only a loss of power, and no owner survives that.
    if (error instanceof SyntaxError) return true;
    throw error;
  }
}

async function self(): Promise<FolderOwner> {
  const start = await processStart(process.pid);
  return { host: await selfHost(), pid: process.pid, start: start === 'unknown' ? null : start, released: false };
}

/** Containers may share a host name and a volume, and still not see each other's processes. */
export async function selfHost(): Promise<string> {
  const namespace = await readlink('/proc/self/ns/pid').catch(() => '');
  return `${hostname()} ${namespace}`.trimEnd();
}

async function selfText(): Promise<string> {
  return JSON.stringify(await self());
}

/** Boot id and start time of a running process, `unknown` where only its pid is known, null when gone. */
async function processStart(pid: number): Promise<string | null> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (isCode(error, 'ESRCH')) return null;
  }
  try {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    const line = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold anything, so count the fields after it: state is the first.
    const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? null : `${boot.trim()}:${fields[19]}`;
  } catch {
    return 'unknown';
  }
}

export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
