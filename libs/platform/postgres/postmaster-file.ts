/** What a running server writes into postmaster.pid. */
export interface PostmasterFile {
  readonly pid: number;
  readonly dataDir: string;
  readonly port: number;
  /** Only a `ready` server takes connections; null while it has not said. */
  readonly status: string | null;
}

/** Reads postmaster.pid: pid, data folder, start time, port, socket folder, address, memory key, status; null if damaged. */
export function parsePostmasterFile(text: string): PostmasterFile | null {
  const [pid, dataDir, , port, , , , status] = text.split('\n').map((line) => line.trim());
  if (pid === undefined || !/^\d+$/.test(pid) || dataDir === undefined || dataDir === '') return null;
  return { pid: Number(pid), dataDir, port: Number(port) || 0, status: status === undefined || status === '' ? null : status };
}

/** What is known of the process that postmaster.pid names. */
export interface ProcessFacts {
  readonly alive: boolean;
  /** Name of its program; null where the system does not tell. */
  readonly program: string | null;
}

export type ServerState =
  /** Nothing runs, start it. */
  | 'stopped'
  /** The file is left over and its number now belongs to another program: remove it, then start. */
  | 'stale-file'
  /** A server is there but not yet ready: wait. */
  | 'starting'
  /** Connect, and adopt it if it proves to be ours. */
  | 'ready';

/** PostgreSQL itself clears a file whose process is gone, but takes any live process for a server. */
export function judgeServer(file: PostmasterFile | null, facts: ProcessFacts): ServerState {
  if (file === null || !facts.alive) return 'stopped';
  if (facts.program !== null && facts.program !== 'postgres') return 'stale-file';
  return file.status === 'ready' ? 'ready' : 'starting';
}
