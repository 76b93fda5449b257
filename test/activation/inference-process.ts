import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { freePort } from '../harness/signalbox-process.ts';
import { until } from '../harness/until.ts';

const ROOT = join(import.meta.dirname, '..', '..');

export interface Answered {
  readonly status: number;
  readonly release: string | null;
  readonly role: string | null;
  readonly text: string;
}

/** The inference role in a process of its own, from the build. */
export class InferenceProcess {
  #child: ChildProcess | null = null;
  #log = '';
  #url = '';

  constructor(
    private readonly home: string,
    private readonly databaseUrl: string,
    private readonly key: string,
  ) {}

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get isRunning(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get log(): string {
    return this.#log;
  }

  async start(): Promise<void> {
    const port = await freePort();
    this.#url = `http://127.0.0.1:${port}`;
    const child = spawn(join(ROOT, 'node_modules', '.bin', 'node'), [join(ROOT, 'dist', 'apps', 'inference', 'main.js')], {
      cwd: ROOT,
      // No expert is taken out for being slow, as one may be on a full machine: it would change answers.
      env: { PATH: process.env['PATH'], SIGNALBOX_HOME: this.home, SIGNALBOX_PORT: String(port), DATABASE_URL: this.databaseUrl, SIGNALBOX_ENGINE_THREADS: '1', SIGNALBOX_EXPERT_SLOW_FACTOR: '0' },
    });
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (this.#log += chunk.toString()));
    this.#child = child;
    const isReady = async (): Promise<boolean> => {
      if (child.exitCode !== null) throw new Error(`inference ended with ${child.exitCode}:\n${this.#log}`);
      return (await fetch(`${this.#url}/readyz`).catch(() => null))?.ok === true;
    };
    await until(isReady, 120_000, () => `inference is not ready:\n${this.#log}`);
  }

  async complete(fields: Readonly<Record<string, unknown>>): Promise<Answered> {
    const answer = await fetch(`${this.#url}/v1/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'tiny-mixtral', max_tokens: 8, temperature: 0, ...fields }),
    });
    const body = (await answer.json()) as { choices?: { text: string }[] };
    return { status: answer.status, release: answer.headers.get('x-signalbox-release'), role: answer.headers.get('x-signalbox-role'), text: body.choices?.[0]?.text ?? JSON.stringify(body) };
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }
}
