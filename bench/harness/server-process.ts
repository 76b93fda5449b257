import { type ChildProcess, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { once } from 'node:events';

export interface ServerProcess {
  readonly pid: number;
  stop(): Promise<void>;
}

export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Answers 2xx when the server is ready. */
  readonly readyUrl: string;
  readonly logFile: string;
  readonly readyTimeoutMs: number;
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(1_000) })).ok;
  } catch {
    return false;
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

/** Starts a server on loopback and waits until it is ready; its output goes to the log file. */
export async function startServer(server: ServerCommand): Promise<ServerProcess> {
  const log = openSync(server.logFile, 'a');
  const child = spawn(server.command, server.args, { stdio: ['ignore', log, log], env: { ...process.env, ...server.env } });
  const deadlineMs = Date.now() + server.readyTimeoutMs;
  while (!(await isReady(server.readyUrl))) {
    if (child.exitCode !== null || Date.now() > deadlineMs) {
      await end(child);
      throw new Error(`${server.command} did not get ready; see ${server.logFile}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { pid: child.pid ?? -1, stop: () => end(child) };
}
