const POLL_MS = 20;

interface ImportView {
  readonly id: string;
  readonly state: string;
  readonly releaseId: string | null;
  readonly error: { readonly message: string } | null;
}

interface ActivationView {
  readonly releaseId: string;
  readonly generation: number;
  readonly converged: boolean;
  readonly canary: { readonly releaseId: string } | null;
  readonly observed: readonly { readonly status: 'live' | 'unreachable' }[];
}

/** What can be done to the model under load. */
export type Command =
  | { readonly type: 'activate'; readonly release: string }
  | { readonly type: 'rollback' }
  | { readonly type: 'canary'; readonly release: string; readonly share: number }
  | { readonly type: 'promote' }
  | { readonly type: 'abort' };

/** An operator of one model, through the management API. */
export class Operator {
  constructor(
    private readonly url: string,
    private readonly key: string,
    private readonly model: string,
  ) {}

  /** Imports a checkpoint folder and gives the id of the release. */
  async import(directory: string): Promise<string> {
    return this.#finished(await this.#call('POST', '/imports', { directory, model: this.model }));
  }

  /** Makes a quantised release of experts and backbone, and gives its id. */
  async quantise(releaseId: string, precision: 'int8' | 'int4'): Promise<string> {
    return this.#finished(await this.#call('POST', `/releases/${releaseId}/derivations`, { precision, components: 'experts-and-backbone' }));
  }

  activation(): Promise<ActivationView> {
    return this.#call('GET', `${this.#path}/activation`);
  }

  /** Waits until every inference process has taken the newest state, all releases loaded. */
  async converged(processes: number, timeoutMs = 60_000): Promise<ActivationView> {
    const deadlineMs = performance.now() + timeoutMs;
    for (;;) {
      const view = await this.activation();
      // One that was not heard of for a while would not count, and may be asked next.
      if (view.converged && view.observed.filter(({ status }) => status === 'live').length >= processes) return view;
      if (performance.now() > deadlineMs) throw new Error(`the processes do not converge: ${JSON.stringify(view)}`);
      await pause();
    }
  }

  /** Runs a command. A way back needs no If-Match; for the others the state is read first. */
  async command(command: Command): Promise<void> {
    if (command.type === 'rollback') return void (await this.#call('POST', `${this.#path}/rollback`, {}));
    if (command.type === 'abort') return void (await this.#call('POST', `${this.#path}/abort`, {}));
    const { generation } = await this.activation();
    if (command.type === 'activate') await this.#call('PUT', `${this.#path}/activation`, { release: command.release }, generation);
    else if (command.type === 'promote') await this.#call('POST', `${this.#path}/promote`, {}, generation);
    else await this.#call('POST', `${this.#path}/canary`, { release: command.release, share: command.share, stickyBy: 'request' }, generation);
  }

  async #finished(started: ImportView): Promise<string> {
    let job = started;
    while (job.state === 'queued' || job.state === 'running') {
      await pause();
      job = await this.#call('GET', `/imports/${job.id}`);
    }
    if (job.releaseId === null) throw new Error(`the import ${job.state}: ${job.error?.message ?? ''}`);
    return job.releaseId;
  }

  get #path(): string {
    return `/models/${encodeURIComponent(this.model)}`;
  }

  async #call<T>(method: string, path: string, body?: unknown, generation?: number): Promise<T> {
    const answer = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(generation === undefined ? {} : { 'if-match': `"${generation}"` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as T;
  }
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, POLL_MS));

/** Swaps of one expert, router releases, canaries that are promoted or given up, and the ways back. */
export function commandCycle(releases: { readonly expert: string; readonly router: string; readonly otherExpert: string }): readonly Command[] {
  return [
    { type: 'activate', release: releases.expert },
    { type: 'rollback' },
    { type: 'activate', release: releases.router },
    { type: 'rollback' },
    { type: 'canary', release: releases.otherExpert, share: 0.5 },
    { type: 'promote' },
    { type: 'rollback' },
    { type: 'canary', release: releases.expert, share: 0.3 },
    { type: 'abort' },
    { type: 'activate', release: releases.otherExpert },
    { type: 'rollback' },
  ];
}
