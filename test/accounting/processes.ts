import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort } from '../harness/signalbox-process.ts';
import { until } from '../harness/until.ts';

/** Kills the embedded PostgreSQL's postmaster; false while it is being started again. */
export function killPostgres(home: string): boolean {
  try {
    return process.kill(postgresPid(home), 'SIGKILL');
  } catch {
    return false;
  }
}

/** The postmaster's process id, from the pid file under the home. */
export function postgresPid(home: string): number {
  const file = readdirSync(home, { recursive: true, withFileTypes: true }).find((entry) => entry.name === 'postmaster.pid');
  if (!file) throw new Error(`no postmaster.pid under ${home}`);
  return Number(readFileSync(join(file.parentPath, file.name), 'utf8').split('\n')[0]);
}

export function redisInstalled(): boolean {
  return spawnSync('redis-server', ['--version']).status === 0;
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** A Redis of the test's own, without persistence: what it loses, the spool must make good. */
export class RedisServer {
  readonly url: string;
  #child: ChildProcess;

  private constructor(
    private readonly port: number,
    private readonly folder: string,
  ) {
    this.url = `redis://127.0.0.1:${port}`;
    this.#child = this.#spawn();
  }

  static async start(folder: string): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), folder);
    await until(() => answers(server.port), 120_000);
    return server;
  }

  #spawn(): ChildProcess {
    return spawn('redis-server', ['--port', String(this.port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', this.folder], { stdio: 'ignore' });
  }

  async killAndRestart(): Promise<void> {
    await this.#end('SIGKILL');
    this.#child = this.#spawn();
    await until(() => answers(this.port), 120_000);
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.kill(signal);
    await exited;
  }
}
