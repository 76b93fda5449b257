import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from './until.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const NODE = join(ROOT, 'node_modules', '.bin', 'node');

export const TEST_KEY = `test-${'0123456789abcdef'.repeat(2)}`;

/** Below the ports that systems give to outgoing connections: none of those takes a server's port while the server is down. */
const FIRST_PORT = 20_000;
/** Of each vitest worker, so that test files that run at the same time never choose the same port. */
const PORTS_PER_WORKER = 1_000;
const WORKERS = 12;
/** Characters of a log that a failing test shows. */
const MAX_SHOWN = 4000;
/** Another run on this machine begins elsewhere, most likely. */
let nextPort = Math.floor(Math.random() * PORTS_PER_WORKER);

/** A port of this worker's own that is free, and was not given before. */
export async function freePort(): Promise<number> {
  const firstPort = FIRST_PORT + (Number(process.env['VITEST_POOL_ID'] ?? 0) % WORKERS) * PORTS_PER_WORKER;
  for (let tried = 0; tried < PORTS_PER_WORKER; tried += 1) {
    const port = firstPort + (nextPort % PORTS_PER_WORKER);
    nextPort += 1;
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port from ${firstPort} to ${firstPort + PORTS_PER_WORKER - 1}`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}

/** The whole product as `npm start` runs it, from the build, on a home of its own. */
export class SignalboxProcess {
  readonly url: string;
  #child: ChildProcess | null = null;
  readonly #port: number;
  readonly #home: string;
  readonly #environment: Readonly<Record<string, string>>;

  constructor(home: string, port: number, environment: Readonly<Record<string, string>> = {}) {
    this.#home = home;
    this.#port = port;
    this.#environment = environment;
    this.url = `http://127.0.0.1:${port}`;
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error('not started');
    return pid;
  }

  get log(): string {
    return readFileSync(join(this.#home, 'test.log'), 'utf8');
  }

  /** What a test that fails should show: why the process ended, if it did, and the end of the log. */
  get lastWords(): string {
    const { log } = this;
    const fatal = log.split('\n').filter((line) => line.includes('"level":"fatal"'));
    return [...(this.hasEnded ? ['It has ended.'] : []), ...fatal.map((line) => line.slice(0, MAX_SHOWN)), log.slice(-MAX_SHOWN)].join('\n');
  }

  /** Whether it ended by itself. */
  get hasEnded(): boolean {
    const child = this.#child;
    return child !== null && (child.exitCode !== null || child.signalCode !== null);
  }

  async start(timeoutMs = 240_000): Promise<void> {
    const log = openSync(join(this.#home, 'test.log'), 'a');
    const child = spawn(NODE, [join(ROOT, 'dist', 'apps', 'standalone', 'main.js')], {
      cwd: ROOT,
      stdio: ['ignore', log, log],
      env: {
        PATH: process.env['PATH'],
        SIGNALBOX_HOME: join(this.#home, 'state'),
        SIGNALBOX_PORT: String(this.#port),
        SIGNALBOX_ADMIN_KEY: TEST_KEY,
        SIGNALBOX_MIN_REQUESTS: '1',
        SIGNALBOX_LOG_LEVEL: 'warn',
        // On a full machine an expert can seem slow beside the others, and is taken out: its tokens would go elsewhere, and an alert fire.
        SIGNALBOX_EXPERT_SLOW_FACTOR: '0',
        ...this.#environment,
      },
    });
    closeSync(log);
    this.#child = child;
    await until(
      async () => {
        if (child.exitCode !== null) throw new Error(`Signalbox ended with ${child.exitCode}:\n${this.lastWords}`);
        return (await fetch(`${this.url}/readyz`).catch(() => null))?.ok === true;
      },
      timeoutMs,
      () => `Signalbox is not ready:\n${this.lastWords}`,
    );
  }

  /** Ends the main process as a crash would. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Ends cleanly; gives the exit code. */
  async stop(): Promise<number | null> {
    return this.#end('SIGTERM');
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (!child) return null;
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      child.kill(signal);
      await exited;
    }
    this.#child = null;
    return child.exitCode;
  }

  /** Process ids of children whose command line holds the text. */
  childrenMatching(text: string): number[] {
    return readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, 'utf8')
      .split(' ')
      .filter(Boolean)
      .map(Number)
      .filter((pid) => commandLine(pid).includes(text));
  }

  /** Asks again while the answer is 503: the database is away for a moment after it was killed. */
  async json<T>(path: string): Promise<T> {
    let response = await this.#get(path);
    await until(
      async () => response.status !== 503 || (response = await this.#get(path)).status !== 503,
      120_000,
      () => `${path} answers 503 for two minutes:\n${this.lastWords}`,
    );
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  }

  #get(path: string): Promise<Response> {
    return fetch(`${this.url}${path}`, { headers: { authorization: `Bearer ${TEST_KEY}` } });
  }
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
