import { randomUUID } from 'node:crypto';

interface Spoken {
  readonly state: string;
  readonly progress: { readonly rows: number; readonly stepsDone: number; readonly steps: number | null };
  readonly resultSha256: string | null;
  readonly error: { readonly message: string } | null;
}

/** The part of the management API by which evaluations are asked for. */
export class Evaluations {
  constructor(
    private readonly url: string,
    private readonly key: string,
  ) {}

  /** Id of a release of the model. */
  async release(): Promise<string> {
    const { items } = await this.#ask<{ readonly items: readonly { readonly releaseId?: string; readonly id?: string }[] }>('GET', '/releases?limit=1');
    const id = items[0]?.releaseId ?? items[0]?.id;
    if (id === undefined) throw new Error('there is no release');
    return id;
  }

  /** Keeps texts as a suite of one likelihood task; gives its digest. */
  async suite(name: string, texts: readonly string[]): Promise<string> {
    const content = texts.map((text) => `${JSON.stringify({ text })}\n`).join('');
    const { sha256 } = await this.#ask<{ readonly sha256: string }>('POST', '/datasets', Buffer.from(content), 'application/octet-stream');
    const body = { name, tasks: [{ id: 'texts', kind: 'likelihood', dataset: sha256 }] };
    return (await this.#ask<{ readonly digest: string }>('POST', '/suites', JSON.stringify(body))).digest;
  }

  async start(candidate: string, suite: string): Promise<string> {
    return (await this.#ask<{ readonly id: string }>('POST', '/evaluations', JSON.stringify({ kind: 'suite', candidate, suite }))).id;
  }

  async find(id: string): Promise<Spoken> {
    return this.#ask<Spoken>('GET', `/evaluations/${id}`);
  }

  /** Waits until so many steps are done, or the run has ended. @throws Error where it has failed */
  async until(id: string, isReached: (run: Spoken) => boolean): Promise<Spoken> {
    for (;;) {
      const run = await this.find(id);
      if (run.state === 'failed') throw new Error(`the run has failed: ${run.error?.message}`);
      if (isReached(run)) return run;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async cancel(id: string): Promise<void> {
    await this.#ask('POST', `/evaluations/${id}/cancel`);
  }

  async #ask<T>(method: string, path: string, body?: string | Buffer, contentType = 'application/json'): Promise<T> {
    const headers: Record<string, string> = { authorization: `Bearer ${this.key}`, ...(method === 'POST' ? { 'idempotency-key': randomUUID() } : {}), ...(body === undefined ? {} : { 'content-type': contentType }) };
    const response = await fetch(`${this.url}/api/v1${path}`, { method, headers, body: body ?? null });
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  }
}
