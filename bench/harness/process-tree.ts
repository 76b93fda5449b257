import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts processor time in hundredths of a second for every process and thread (USER_HZ). */
const TICK_MS = 10;

interface Times {
  readonly name: string;
  readonly parent: number;
  readonly cpuMs: number;
  /** Of children that have ended and been waited for. */
  readonly endedMs: number;
}

/** Processor time of the parts of a standalone Signalbox, in milliseconds, user and system. */
export interface ProductCpu {
  /** The engine's thread. */
  readonly engine: number;
  /** The other threads of the process that answers. */
  readonly server: number;
  readonly pipeline: number;
  readonly watch: number;
  readonly postgres: number;
  /** Whatever else the product started. */
  readonly other: number;
}

/**
 * Processor time that the product has taken so far, processes that have ended included. Its PostgreSQL is no
 * child of it, so it is given apart. Linux alone has this.
 * @param server process id of the standalone server
 * @param postmaster process id of its embedded PostgreSQL
 */
export function productCpu(server: number, postmaster: number): ProductCpu {
  const processes = new Map<number, Times>();
  for (const name of readdirSync('/proc')) {
    const times = /^\d+$/.test(name) ? readTimes(`/proc/${name}/stat`) : null;
    if (times !== null) processes.set(Number(name), times);
  }
  const isBelow = (pid: number, root: number): boolean => pid === root || isParentBelow(processes.get(pid)?.parent, root);
  const isParentBelow = (parent: number | undefined, root: number): boolean => parent !== undefined && parent !== 0 && isBelow(parent, root);
  const engine = threadMs(server, 'engine');
  const parts = { engine, server: -engine, pipeline: 0, watch: 0, postgres: 0, other: 0 };
  for (const [pid, { cpuMs, endedMs }] of processes) {
    if (pid === server) parts.server += cpuMs;
    if (pid === server) parts.other += endedMs;
    else if (isBelow(pid, postmaster)) parts.postgres += cpuMs + (pid === postmaster ? endedMs : 0);
    else if (isBelow(pid, server)) parts[roleOf(pid)] += cpuMs + endedMs;
  }
  return parts;
}

function roleOf(pid: number): 'pipeline' | 'watch' | 'other' {
  const command = readText(`/proc/${pid}/cmdline`) ?? '';
  return command.includes('/apps/pipeline/') ? 'pipeline' : command.includes('/apps/watch/') ? 'watch' : 'other';
}

function threadMs(pid: number, name: string): number {
  let cpuMs = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const times = readTimes(`/proc/${pid}/task/${thread}/stat`);
    if (times?.name === name) cpuMs += times.cpuMs;
  }
  return cpuMs;
}

/** null for a process that has gone meanwhile. */
function readTimes(path: string): Times | null {
  const stat = readText(path);
  if (stat === null) return null;
  // The name, in parentheses, may hold spaces; state is the first field after it.
  const end = stat.lastIndexOf(')');
  const fields = stat.slice(end + 2).split(' ').map(Number);
  const [user = 0, system = 0, childUser = 0, childSystem = 0] = fields.slice(11, 15);
  return { name: stat.slice(stat.indexOf('(') + 1, end), parent: fields[1] ?? 0, cpuMs: (user + system) * TICK_MS, endedMs: (childUser + childSystem) * TICK_MS };
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
