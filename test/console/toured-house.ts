import { rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import { type DemoPrompt, readPrompts, shippedPrompts } from '../../apps/cli/demo/prompts.ts';
import { type Retuning, writeRetunedCheckpoint } from '../fixtures/retuned-checkpoint.ts';
import { freePort, SignalboxProcess, TEST_KEY } from '../harness/signalbox-process.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { until } from '../harness/until.ts';

export const MODEL = 'tiny-mixtral';
const PARALLEL = 4;
const WAIT_MS = 120_000;
const DAY_MS = 86_400_000;
/** The smallest that can be frozen. */
const BASELINE_REQUESTS = 1000;

/** Ids of what the tour looks at, each made through the API. */
export interface Sights {
  readonly requestId: string;
  readonly stable: string;
  readonly candidate: string;
  readonly changeId: string;
  readonly alertId: string;
  readonly receiverId: string;
  readonly accountId: string;
  readonly componentSha256: string;
}

/** What people write into the house. */
export interface Texts {
  readonly canary: string;
  readonly title: string;
  readonly reason: string;
  readonly comment: string;
  readonly receiver: string;
  readonly rule: string;
  readonly summary: string;
  readonly silence: string;
  readonly freeze: string;
  readonly account: string;
  readonly feedback: string;
  readonly card: string;
}

const TEXTS: Texts = {
  canary: 'expert 5 of layer 2, tuned on contracts',
  title: 'Router of layer 3, balanced on recent traffic',
  reason: 'Spreads German prompts over two more experts.',
  comment: 'Held-out bits per byte are within 0.1 % on all eight domains.',
  receiver: 'on-call',
  rule: 'Leans on some experts',
  summary: 'Some experts of layer 1 are busier than the rest.',
  silence: 'Graders are on holiday.',
  freeze: 'Quarter end',
  account: 'Ada Reviewer',
  feedback: 'Right, and in one sentence.',
  card: 'Answers to questions about contracts.',
};

interface Listed<T> {
  readonly items: readonly T[];
}

/** The whole product with something of everything in it: traffic of eight domains, a canary, a change request under review, an alert, a receiver, people. */
export class TouredHouse {
  readonly #home = newTemporaryHome('tour-');
  readonly #receiver: Server = createServer((request, response) => request.resume().on('end', () => response.writeHead(204).end()));
  signalbox!: SignalboxProcess;

  async start(): Promise<void> {
    this.signalbox = new SignalboxProcess(this.#home, await freePort(), { SIGNALBOX_RECEIVER_ALLOW: '127.0.0.0/8', SIGNALBOX_ALERT_INTERVAL_MS: '500', SIGNALBOX_MEASURE_INTERVAL_MS: '1000' });
    await Promise.all([this.signalbox.start(), once(this.#receiver.listen(0, '127.0.0.1'), 'listening')]);
  }

  async stop(): Promise<void> {
    await this.signalbox?.stop();
    this.#receiver.close();
    rmSync(this.#home, { recursive: true, force: true });
  }

  get<T>(path: string): Promise<T> {
    return this.signalbox.json<T>(`/api/v1${path}`);
  }

  async send<T>(method: 'POST' | 'PUT', path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<T> {
    const answer = await fetch(`${this.signalbox.url}${path}`, { method, headers: { authorization: `Bearer ${TEST_KEY}`, 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  post<T>(path: string, body: unknown): Promise<T> {
    return this.send<T>('POST', `/api/v1${path}`, body);
  }

  /** Sends prompts in turn, those of all domains unless given; gives the request ids. */
  async traffic(requests: number, given?: readonly DemoPrompt[]): Promise<string[]> {
    const prompts = given ?? (await readPrompts(shippedPrompts()));
    const ids: string[] = [];
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < requests) {
        const number = next;
        next += 1;
        const { prompt, task, language } = prompts[number % prompts.length]!;
        const answer = await fetch(`${this.signalbox.url}/v1/completions`, {
          method: 'POST',
          headers: { authorization: `Bearer ${TEST_KEY}`, 'content-type': 'application/json' },
          body: JSON.stringify({ model: MODEL, prompt, max_tokens: 16, user: `caller-${number % 40}`, metadata: { tenant: number % 3 === 0 ? 'acme' : 'globex', task, language } }),
        });
        if (!answer.ok) throw new Error(`the prompt was answered ${answer.status}: ${await answer.text()}`);
        await answer.arrayBuffer();
        ids.push(answer.headers.get('x-request-id')!);
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, lane));
    return ids;
  }

  /** Waits until requests can be looked at: they are recorded a moment after their answers. */
  async recorded(requestIds: readonly string[]): Promise<void> {
    for (const id of requestIds) await until(async () => (await this.get(`/requests/${id}`).catch(() => null)) !== null, WAIT_MS, () => `the request ${id} is not recorded`);
  }

  async importRetuned(retuning: Retuning, name: string): Promise<string> {
    const directory = join(this.#home, name);
    await writeRetunedCheckpoint(directory, retuning);
    const { id } = await this.post<{ id: string }>('/imports', { directory, model: MODEL });
    let releaseId: string | null = null;
    await until(async () => (releaseId = (await this.get<{ releaseId: string | null }>(`/imports/${id}`)).releaseId) !== null, WAIT_MS, () => `the import of ${name} does not end`);
    return releaseId!;
  }

  async #adoptBaseline(): Promise<void> {
    const { id } = await this.post<{ id: string }>('/baselines', { model: MODEL, requests: BASELINE_REQUESTS });
    let baseline: { state: string; generation: number } | undefined;
    await until(async () => (baseline = await this.get(`/baselines/${id}`))!.state === 'ready', WAIT_MS, () => `the baseline is ${baseline?.state}`);
    await this.send('POST', `/api/v1/baselines/${id}/adopt`, { reason: 'reviewed' }, { 'if-match': `"${baseline!.generation}"` });
  }

  /** Fills the house. `requests` decides how much there is to see. */
  async furnish(requests: number, texts: Texts = TEXTS): Promise<Sights> {
    const served = await this.traffic(requests);
    const { releaseId: stable, generation } = await this.get<{ releaseId: string; generation: number }>(`/models/${MODEL}/activation`);
    if (requests >= BASELINE_REQUESTS) await this.#adoptBaseline();
    const candidate = await this.importRetuned({ experts: ['expert/2/5'], strength: 0.2 }, 'retuned-expert');
    const proposed = await this.importRetuned({ router: 3, strength: 0.1, seed: 4 }, 'retuned-router');
    await this.send('POST', `/api/v1/models/${MODEL}/canary`, { release: candidate, share: 0.25, stickyBy: 'request', reason: texts.canary }, { 'if-match': `"${generation}"` });
    await this.traffic(Math.ceil(requests / 3));
    const { id: changeId } = await this.post<{ id: string }>('/changes', {
      title: texts.title,
      reason: texts.reason,
      change: { type: 'activate', model: MODEL, releaseId: proposed, strategy: { kind: 'canary', share: 0.05 } },
    });
    await this.post(`/changes/${changeId}/comments`, { text: texts.comment });
    const { port } = this.#receiver.address() as { readonly port: number };
    const { id: receiverId } = await this.post<{ id: string }>('/receivers', { name: texts.receiver, target: { kind: 'webhook', url: `http://127.0.0.1:${port}/signalbox` } });
    await this.send('PUT', '/api/v1/notification-policy', { receivers: [receiverId], timing: { groupWaitMs: 0, groupIntervalMs: 1000, repeatIntervalMs: 14_400_000 } }, { 'if-match': '"0"' });
    await this.post('/alert-rules', { id: 'uneven-layer', name: texts.rule, signal: 'collapse', matchers: [{ label: 'layer', is: 'equal', value: '1' }], annotations: { summary: texts.summary }, limits: [{ severity: 'warning', is: 'below', limit: 1 }], timing: { forMs: 0, keepFiringForMs: 3_600_000, noDataAfterMs: DAY_MS } });
    await this.post('/silences', { matchers: [{ label: 'signal', is: 'equal', value: 'quality' }], comment: texts.silence, to: new Date(Date.now() + DAY_MS).toISOString() });
    await this.post('/freeze-windows', { name: texts.freeze, reason: texts.freeze, from: new Date(Date.now() + 5 * DAY_MS).toISOString(), to: new Date(Date.now() + 7 * DAY_MS).toISOString() });
    const { id: accountId } = await this.post<{ id: string }>('/accounts', { kind: 'user', name: texts.account, roles: ['approver'] });
    await this.recorded([served[0]!, served.at(-1)!]);
    await this.post('/feedback', { requestId: served[0], score: 0.9, comment: texts.feedback });
    let alertId: string | undefined;
    await until(async () => (alertId = (await this.get<Listed<{ id: string; rule: { id: string } }>>('/alerts?limit=50')).items.find(({ rule }) => rule.id === 'uneven-layer')?.id) !== undefined, WAIT_MS, () => 'no alert fires');
    const { manifest } = await this.get<{ manifest: { components: Readonly<Record<string, string>> } }>(`/releases/${candidate}`);
    const componentSha256 = manifest.components['expert/2/5']!;
    const { card } = await this.get<{ card: { revision: number } }>(`/components/${componentSha256}`);
    await this.send('PUT', `/api/v1/components/${componentSha256}/card`, { title: texts.card, forUse: texts.card, trainingData: texts.card, licence: 'Apache-2.0', owner: texts.account, madeHow: texts.card }, { 'if-match': `"${card.revision}"` });
    return { requestId: served.at(-1)!, stable, candidate, changeId, alertId: alertId!, receiverId, accountId, componentSha256 };
  }
}
