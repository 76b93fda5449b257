import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts processor time in hundredths of a second for every process (USER_HZ). */
const TICK_MS = 10;

interface ProcessTimes {
  readonly parent: number;
  readonly cpuMs: number;
}

/**
 * Processor time, user and system, of a process and all its descendants, those that have ended and been
 * waited for included. Linux alone has it.
 */
export function treeCpuMs(root: number): number {
  const processes = new Map<number, ProcessTimes>();
  for (const name of readdirSync('/proc')) {
    const times = /^\d+$/.test(name) ? readTimes(name) : null;
    if (times !== null) processes.set(Number(name), times);
  }
  const isDescendant = (pid: number): boolean => pid === root || isDescendantOf(processes.get(pid)?.parent);
  const isDescendantOf = (parent: number | undefined): boolean => parent !== undefined && parent !== 0 && isDescendant(parent);
  let cpuMs = 0;
  for (const [pid, times] of processes) if (isDescendant(pid)) cpuMs += times.cpuMs;
  return cpuMs;
}

/** null for a process that has gone meanwhile. */
function readTimes(pid: string): ProcessTimes | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in parentheses, may hold spaces; state is the first field after it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ').map(Number);
    const [user = 0, system = 0, childUser = 0, childSystem = 0] = fields.slice(11, 15);
    return { parent: fields[1] ?? 0, cpuMs: (user + system + childUser + childSystem) * TICK_MS };
  } catch {
    return null;
  }
}
