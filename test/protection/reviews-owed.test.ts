import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Webhook } from 'standardwebhooks';
import { type DataSource } from 'typeorm';
import { type Role } from '#libs/governance/access/permissions';
import { digestApiKey, generateApiKey } from '#libs/platform/auth/api-key';
import { Accounts } from '#libs/store/accounts/accounts';
import { ApiKeys } from '#libs/store/keys/api-keys';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { freePort, SignalboxProcess, TEST_KEY } from '../harness/signalbox-process.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { until } from '../harness/until.ts';
import { openStore } from '../store/store.fixture.ts';

const MODEL = 'tiny-mixtral';
const WAIT_MS = 120_000;
const NO_TIMING = { groupWaitMs: 0, groupIntervalMs: 200, repeatIntervalMs: 3_600_000 };

interface ToldAlert {
  readonly status: 'firing' | 'resolved';
  readonly fingerprint: string;
  readonly severity: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly finding: { readonly summary: string } | null;
}
interface Told {
  readonly sequence: number;
  readonly alerts: readonly ToldAlert[];
}

let home: string;
let postgres: TestPostgres;
let store: DataSource;
let signalbox: SignalboxProcess;
let receiver: Server;
let secret = '';
/** What the webhook was told, in order, each notification once. */
const told: Told[] = [];
const faults: string[] = [];

beforeAll(async () => {
  home = newTemporaryHome('signalbox-reviews-');
  postgres = await startPostgres();
  const databaseUrl = await postgres.createDatabase();
  signalbox = new SignalboxProcess(home, await freePort(), { DATABASE_URL: databaseUrl, SIGNALBOX_DETECTION: 'off', SIGNALBOX_ALERT_INTERVAL_MS: '200', SIGNALBOX_RECEIVER_ALLOW: '127.0.0.0/8' });
  await signalbox.start();
  store = await openStore(databaseUrl);
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      try {
        const { data } = new Webhook(secret).verify(body, request.headers as Record<string, string>) as { data: Told };
        if (!told.some(({ sequence }) => sequence === data.sequence)) told.push(data);
      } catch (error) {
        faults.push(String(error));
      }
      response.end();
    });
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
});
afterAll(async () => {
  await signalbox?.stop();
  receiver?.close();
  await store?.destroy();
  await postgres?.stop();
  rmSync(home, { recursive: true, force: true });
});

async function call<T>(key: string, method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
  const answer = await fetch(`${signalbox.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...(method === 'POST' ? { 'idempotency-key': randomUUID() } : {}), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
  return JSON.parse(text) as T;
}

/** A person with a key of their own. */
async function person(name: string, roles: readonly Role[]): Promise<string> {
  const audit = { atMs: Date.now(), actor: 'system', action: 'test.seed', subject: 'test', detail: {}, requestId: null };
  const id = `user:${randomUUID()}`;
  await new Accounts(store).insert({ id, kind: 'user', name, email: null, roles, tenant: null, createdAtMs: audit.atMs, createdBy: 'system' }, audit);
  const key = generateApiKey();
  await new ApiKeys(store).insert({ id: randomUUID(), name, scopes: ['admin'], createdAtMs: audit.atMs, expiresAtMs: null, accountId: id, issuedBy: id, ...digestApiKey(key) }, audit);
  return key;
}

const readings = async (): Promise<readonly { labels: Record<string, string>; value: number }[]> => (await call<{ items: { labels: Record<string, string>; value: number }[] }>(TEST_KEY, 'GET', '/readings?signal=review-overdue')).items;
const firing = async (): Promise<readonly { labels: Record<string, string> }[]> => (await call<{ items: { labels: Record<string, string> }[] }>(TEST_KEY, 'GET', '/alerts?signal=review-overdue')).items;
/** Figures of the reviews at /metrics, by kind. A scrape has none of a watch that is too busy to answer: the next one may. */
async function figures(): Promise<Readonly<Record<string, string>>> {
  const text = await (await fetch(`${signalbox.url}/metrics`)).text();
  return Object.fromEntries([...text.matchAll(/^signalbox_reviews_(owed|overdue)\{[^}]*kind="(\w+)"[^}]*\} (\S+)$/gm)].map(([, figure, kind, value]) => [`${kind} ${figure}`, value!]));
}
const seen = (subject: string, status: ToldAlert['status'], kind?: string): ToldAlert | undefined =>
  told.flatMap(({ alerts }) => alerts).find(({ labels, ...alert }) => alert.status === status && labels['subject'] === subject && (kind === undefined || labels['kind'] === kind));
const trouble = (): string => `${JSON.stringify(told)}\n${faults.join('\n')}\n${signalbox.lastWords}`;

it('alerts once of each review that is overdue, through a restart, and resolves by itself when it is given', async () => {
  const [operator, author, approver] = [await person('oskar', ['operator']), await person('ada', ['releaser']), await person('grace', ['approver'])];
  const made = await call<{ id: string; secret: string }>(TEST_KEY, 'POST', '/receivers', { name: 'governance', target: { kind: 'webhook', url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/` } });
  secret = made.secret;
  const routes = [{ name: 'reviews', matchers: [{ label: 'signal', is: 'equal', value: 'review-overdue' }], receivers: [made.id], timing: NO_TIMING }];
  await call(TEST_KEY, 'PUT', '/notification-policy', { receivers: [], routes }, { 'if-match': '"0"' });

  // An expert that is protected is taken away in an emergency, and a change is applied without approvals.
  await call(operator, 'PUT', `/models/${MODEL}/protected-experts/1/2`, { reason: 'carries refusals' });
  await call(operator, 'POST', `/models/${MODEL}/quarantines`, { layer: 1, expert: 2, reason: 'a drill', override: { emergency: true, reason: 'it gives NaN for every token' } });
  const change = { type: 'change-data-rules', model: MODEL, rules: [{ id: 'mask', expert: 'expert/0/1', effect: 'deny', tenants: ['acme'] }] };
  const { id: changeId } = await call<{ id: string }>(author, 'POST', '/changes', { title: 'Keep acme from it', reason: 'A contract ended.', change });
  await call(operator, 'POST', `/changes/${changeId}/break-glass`, { reason: 'it leaks addresses', hours: 2 });
  const { items: [owed] } = await call<{ items: [{ id: string }] }>(TEST_KEY, 'GET', `/models/${MODEL}/protection-overrides?owed=true`);
  const [ofChange, ofOverride] = [`change/${changeId}`, `protection-override/${owed.id}`];

  // Both are owed, and whether the change stays; there is time: nothing fires. A round's moment may be just before the act that it sees.
  await until(async () => (await readings()).length === 3, WAIT_MS, trouble);
  expect((await readings()).map(({ labels: { kind = '' }, value }) => [kind, Math.round(value)]).toSorted()).toEqual([['change', -48], ['limit', -2], ['override', -48]]);
  await expect.poll(figures).toEqual({ 'change owed': '1', 'change overdue': '0', 'limit owed': '1', 'limit overdue': '0', 'override owed': '1', 'override overdue': '0' });
  expect(await firing()).toEqual([]);

  // Time passes for the override.
  await store.query(`UPDATE signalbox.protection_override SET review_due_at = now() - interval '3 hours' WHERE id = $1`, [owed.id]);
  await until(() => seen(ofOverride, 'firing') !== undefined, WAIT_MS, trouble);
  const first = seen(ofOverride, 'firing')!;
  expect(first).toMatchObject({ severity: 'warning', labels: { signal: 'review-overdue', rule: 'review-overdue', kind: 'override', model: MODEL, subject: ofOverride } });
  expect(first.finding?.summary).toMatch(/^A review that is owed was not given in time \(model tiny-mixtral\)\. Value 3(\.\d+)? h past due\. /);
  expect(first.finding?.summary).toContain(`by oskar: it gives NaN for every token.`);
  expect(first.finding?.summary).toContain(`(not oskar) settles it: signalbox protect review ${owed.id} confirm --model ${MODEL}`);
  await expect.poll(figures).toMatchObject({ 'override overdue': '1' });

  // What was alerted goes on over a restart: the same episode, and nobody is told twice.
  await signalbox.stop();
  await signalbox.start();
  await store.query(`UPDATE signalbox.change_request SET break_glass = jsonb_set(break_glass, '{reviewDueMs}', to_jsonb((extract(epoch FROM now()) * 1000 - 3600000)::bigint)) WHERE id = $1`, [changeId]);
  await until(() => seen(ofChange, 'firing') !== undefined, WAIT_MS, trouble);
  expect(seen(ofChange, 'firing')!.finding?.summary).toContain(`(not ada, oskar) settles it: signalbox change review ${changeId} confirmed`);
  expect(told.map(({ sequence }) => sequence)).toEqual([1, 2]);
  expect(told[1]!.alerts.map(({ status, labels }) => `${status} ${labels['subject']}`).toSorted()).toEqual([`firing ${ofChange}`, `firing ${ofOverride}`]);
  expect(told[1]!.alerts.find(({ labels }) => labels['subject'] === ofOverride)!.fingerprint).toBe(first.fingerprint);

  // Somebody else reviews both.
  await call(approver, 'POST', `/models/${MODEL}/protection-overrides/${owed.id}/review`, { verdict: 'confirmed', note: 'It did give NaN.' });
  await until(() => seen(ofOverride, 'resolved') !== undefined, WAIT_MS, trouble);
  expect(seen(ofChange, 'resolved')).toBeUndefined();
  await call(approver, 'POST', `/changes/${changeId}/review`, { verdict: 'to-revert', note: 'The rule is too wide.' });
  await until(() => seen(ofChange, 'resolved', 'change') !== undefined, WAIT_MS, trouble);
  expect(await firing()).toEqual([]);

  // The review is given, its time limit passes: whether it stays is owed until it is confirmed.
  await store.query(`UPDATE signalbox.change_request SET break_glass = jsonb_set(break_glass, '{untilMs}', to_jsonb((extract(epoch FROM now()) * 1000 - 1800000)::bigint)) WHERE id = $1`, [changeId]);
  await until(() => seen(ofChange, 'firing', 'limit') !== undefined, WAIT_MS, trouble);
  expect(seen(ofChange, 'firing', 'limit')!.finding?.summary).toMatch(/Its time limit was \S+, and nobody has confirmed that it stays\./);
  await call(approver, 'POST', `/changes/${changeId}/review`, { verdict: 'confirmed', note: 'The rule was taken back.' });
  await until(() => seen(ofChange, 'resolved', 'limit') !== undefined, WAIT_MS, trouble);
  expect(await firing()).toEqual([]);
  expect(await readings()).toEqual([]);
  await expect.poll(figures).toMatchObject({ 'change owed': '0', 'limit owed': '0', 'override overdue': '0' });
  const { items: episodes } = await call<{ items: { episode: number; endedAt: string | null }[] }>(TEST_KEY, 'GET', '/alerts/history?signal=review-overdue');
  expect(episodes.map(({ episode, endedAt }) => [episode, endedAt !== null])).toEqual([[1, true], [1, true], [1, true]]);
  expect(faults).toEqual([]);
});
