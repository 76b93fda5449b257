import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type Page } from 'playwright-core';
import { type Retuning, writeRetunedCheckpoint } from '../fixtures/retuned-checkpoint.ts';
import { freePort, SignalboxProcess, TEST_KEY } from '../harness/signalbox-process.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { until } from '../harness/until.ts';
import { launchBrowser } from './browser.ts';

export const MODEL = 'tiny-mixtral';
const WAIT_MS = 120_000;

interface Call {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The product with its demo model, a browser, and what the tests of releases do over the API. */
export class ReleasesHouse {
  readonly home: string;
  signalbox!: SignalboxProcess;
  browser!: Browser;

  constructor(name: string) {
    this.home = newTemporaryHome(name);
  }

  async start(): Promise<void> {
    this.signalbox = new SignalboxProcess(this.home, await freePort(), { SIGNALBOX_ROLLOUT_INTERVAL_MS: '500' });
    [this.browser] = await Promise.all([launchBrowser(), this.signalbox.start()]);
  }

  async stop(): Promise<void> {
    await this.browser?.close();
    await this.signalbox?.stop();
    rmSync(this.home, { recursive: true, force: true });
  }

  async call<T>(path: string, { method = 'GET', body, headers = {} }: Call = {}): Promise<T> {
    const answer = await fetch(`${this.signalbox.url}${path.startsWith('/v1') ? '' : '/api/v1'}${path}`, {
      method,
      headers: { authorization: `Bearer ${TEST_KEY}`, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return (text === '' ? null : JSON.parse(text)) as T;
  }

  activation(): Promise<{ releaseId: string; previousRelease: string | null; canary: { releaseId: string; share: number } | null; generation: number; converged: boolean }> {
    return this.call(`/models/${MODEL}/activation`);
  }

  /** Writes a re-tuned checkpoint; gives its folder. */
  async checkpoint(name: string, retuning: Retuning): Promise<string> {
    const directory = join(this.home, name);
    await writeRetunedCheckpoint(directory, retuning);
    return directory;
  }

  /** Imports a re-tuned checkpoint; gives its release. */
  async release(name: string, retuning: Retuning): Promise<string> {
    const { id } = await this.call<{ id: string }>('/imports', { method: 'POST', body: { directory: await this.checkpoint(name, retuning), model: MODEL } });
    let releaseId: string | null = null;
    await until(async () => {
      const found = await this.call<{ state: string; releaseId: string | null; error: unknown }>(`/imports/${id}`);
      if (found.state === 'failed') throw new Error(JSON.stringify(found.error));
      releaseId = found.releaseId;
      return found.state === 'succeeded';
    }, WAIT_MS);
    return releaseId!;
  }

  /** A command with the generation that holds now, waited for until each process is there. */
  async command(path: string, method: 'POST' | 'PUT', body: unknown): Promise<void> {
    const { generation } = await this.activation();
    await this.call(`/models/${MODEL}/${path}`, { method, body, headers: { 'if-match': `"${generation}"` } });
    await until(async () => (await this.activation()).converged, WAIT_MS);
  }

  /** An account with a key of its own. */
  async key(name: string, roles: readonly string[]): Promise<string> {
    const { id } = await this.call<{ id: string }>('/accounts', { method: 'POST', body: { kind: 'user', name, roles } });
    return (await this.call<{ secret: string }>(`/accounts/${id}/keys`, { method: 'POST', body: { name: 'for the test', scopes: ['admin', 'traces'] } })).secret;
  }

  async requests(count: number): Promise<void> {
    for (let at = 0; at < count; at += 1) await this.call('/v1/completions', { method: 'POST', body: { model: MODEL, prompt: `In the year ${at} the first`, max_tokens: 4 } });
  }
}

/** A part of what serves, such as Stable, by its name. */
export function roleOf(page: Page, name: string) {
  return page.getByRole('region', { name, exact: true });
}
