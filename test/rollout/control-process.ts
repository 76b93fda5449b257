import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { freePort, TEST_KEY } from '../harness/signalbox-process.ts';
import { until } from '../harness/until.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** The control role in a process of its own, from the build. Its connections carry its `name`. */
export class ControlProcess {
  #starts = 0;
  #child: ChildProcess | null = null;
  #log = '';
  #url = '';

  constructor(
    private readonly label: string,
    private readonly home: string,
    private readonly databaseUrl: string,
    private readonly environment: Readonly<Record<string, string>> = {},
  ) {}

  /** Application name of its connections; another one after each start. */
  get name(): string {
    return `${this.label}-${this.#starts}`;
  }

  get url(): string {
    return this.#url;
  }

  get log(): string {
    return this.#log;
  }

  async start(): Promise<void> {
    const port = await freePort();
    this.#url = `http://127.0.0.1:${port}`;
    this.#starts += 1;
    const databaseUrl = new URL(this.databaseUrl);
    databaseUrl.searchParams.set('application_name', this.name);
    const child = spawn(join(ROOT, 'node_modules', '.bin', 'node'), [join(ROOT, 'dist', 'apps', 'control', 'main.js')], {
      cwd: ROOT,
      env: { PATH: process.env['PATH'], SIGNALBOX_HOME: this.home, SIGNALBOX_PORT: String(port), DATABASE_URL: databaseUrl.href, SIGNALBOX_ADMIN_KEY: TEST_KEY, SIGNALBOX_LOG_LEVEL: 'warn', ...this.environment },
    });
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (this.#log += chunk.toString()));
    this.#child = child;
    const isReady = async (): Promise<boolean> => {
      if (child.exitCode !== null) throw new Error(`control ended with ${child.exitCode}:\n${this.#log}`);
      return (await fetch(`${this.#url}/readyz`).catch(() => null))?.ok === true;
    };
    await until(isReady, 120_000, () => `control is not ready:\n${this.#log}`);
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }
}
