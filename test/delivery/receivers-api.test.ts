import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { runCli } from '../../apps/cli/program.ts';
import { renderMetrics } from '#libs/platform/telemetry/metrics';
import { until } from '../harness/until.ts';
import { enqueue, notificationOf } from './delivery.fixture.ts';
import { LocalReceiver } from './local-receiver.ts';
import { ReceiversHouse } from './receivers-house.ts';

const house = new ReceiversHouse();
let local: LocalReceiver;
let status = 200;
beforeAll(() => house.start());
afterAll(() => house.stop());
afterEach(() => local?.stop());

async function listen(): Promise<LocalReceiver> {
  status = 200;
  local = new LocalReceiver(() => ({ status }));
  await local.start();
  return local;
}

async function add(name: string): Promise<string> {
  await listen();
  const made = await house.call('POST', '/receivers', { name, target: { kind: 'webhook', url: local.url } });
  expect(made.status).toBe(201);
  local.secret = made.body.secret;
  return made.body.id;
}

const stateOf = async (id: string): Promise<string> => (await house.call('GET', `/notifications/${id}`)).body.state;

it('delivers what is put into the outbox, and shows every attempt and figure of it', async () => {
  const id = await add('hook');
  const { id: told } = await enqueue(house.dataSource, notificationOf(id, 'g', 0, 'firing'));
  await until(async () => (await stateOf(told)) === 'delivered', 120_000);
  expect(local.faults).toEqual([]);
  expect(local.taken.map((one) => one.id)).toEqual([told]);
  const shown = (await house.call('GET', `/notifications/${told}`)).body;
  expect(shown).toMatchObject({ sequence: 1, state: 'delivered', attempts: 1, alerts: 1, dueAt: null, log: [{ outcome: 'delivered', status: 200, error: null, response: 'noted' }] });
  expect((await house.call('GET', `/notifications?receiver=${id}&state=delivered&limit=1`)).body).toMatchObject({ items: [{ id: told }], nextCursor: null });
  const metrics = await renderMetrics();
  expect(metrics).toMatch(/signalbox_deliveries_total\{[^}]*kind="webhook"[^}]*outcome="delivered"[^}]*\} 1/);
  for (const name of ['signalbox_outbox_waiting', 'signalbox_outbox_oldest_seconds', 'signalbox_outbox_dead_letters', 'signalbox_delivery_duration_seconds_count']) expect(metrics).toContain(name);
});

it('tests a receiver now, and tells what was wrong', async () => {
  const id = await add('tested');
  const { status: answered, body } = await house.call('POST', `/receivers/${id}/test`);
  expect([answered, body.attempt]).toEqual([200, expect.objectContaining({ outcome: 'delivered', status: 200 })]);
  expect(local.taken).toMatchObject([{ id: body.notificationId, groupKey: 'signalbox:test', sequence: 1 }]);
  status = 500;
  expect((await house.call('POST', `/receivers/${id}/test`)).body.attempt).toMatchObject({ outcome: 'given-up', reason: 'test-failed', status: 500 });
  const inner = await house.call('POST', '/receivers', { name: 'inner', target: { kind: 'webhook', url: 'https://169.254.169.254/latest' } });
  expect((await house.call('POST', `/receivers/${inner.body.id}/test`)).body.attempt).toMatchObject({ outcome: 'given-up', reason: 'blocked-address', status: null });
});

it('rotates a secret, and both sign meanwhile', async () => {
  const id = await add('rotated');
  const rotated = await house.call('POST', `/receivers/${id}/rotate-secret`, { overlapSeconds: 3600 });
  expect(rotated.body).toMatchObject({ secret: expect.stringMatching(/^whsec_/), generation: 2, secrets: ['signing', 'signingBefore'] });
  await house.call('POST', `/receivers/${id}/test`);
  local.secret = rotated.body.secret;
  await house.call('POST', `/receivers/${id}/test`);
  expect([local.taken.length, local.faults]).toEqual([2, []]);
});

it('can be given its secrets anew when the key that sealed them is lost', async () => {
  const id = await add('sealed');
  const { body: am } = await house.call('POST', '/receivers', { name: 'sealed am', target: { kind: 'alertmanager', url: 'https://am.example.com', authorization: 'Bearer one' } });
  await house.dataSource.query(`UPDATE signalbox.receiver SET secrets_key = '00000000' WHERE id = ANY($1::uuid[])`, [[id, am.id]]);
  expect((await house.call('GET', `/receivers/${id}`)).body.secrets).toEqual(['unreadable']);
  expect(await house.call('POST', `/receivers/${id}/test`)).toMatchObject({ status: 409, body: { code: 'secrets_unreadable' } });
  const put = (over: object) => house.call('PUT', `/receivers/${am.id}`, { name: 'sealed am', target: { kind: 'alertmanager', url: 'https://am.example.com', ...over } }, { 'if-match': '"1"' });
  // Without them the change would drop what the lost key may open yet.
  expect(await put({})).toMatchObject({ status: 409, body: { code: 'secrets_unreadable' } });
  expect(await put({ authorization: 'Bearer two' })).toMatchObject({ status: 200, body: { secrets: ['authorization'] } });
  const rotated = await house.call('POST', `/receivers/${id}/rotate-secret`, { overlapSeconds: 3600 });
  expect(rotated).toMatchObject({ status: 200, body: { secrets: ['signing'] } });
  local.secret = rotated.body.secret;
  expect((await house.call('POST', `/receivers/${id}/test`)).body.attempt).toMatchObject({ outcome: 'delivered' });
});

it('changes with If-Match, keeps secrets from other places, and shows none', async () => {
  const secret = 'Bearer very-secret-token';
  const target = { kind: 'alertmanager', url: 'https://am.example.com', authorization: secret };
  const { body: made } = await house.call('POST', '/receivers', { name: 'am', target });
  expect(made).toMatchObject({ secret: null, secrets: ['authorization'], settings: { url: 'https://am.example.com', firingForSeconds: 18_000 } });
  const put = (over: object, generation: number, name = 'am') => house.call('PUT', `/receivers/${made.id}`, { name, target: { kind: 'alertmanager', url: 'https://am.example.com/other', ...over } }, { 'if-match': `"${generation}"` });
  expect(await put({ url: 'https://elsewhere.example.com' }, 1)).toMatchObject({ status: 400, body: { field: 'target.authorization' } });
  expect(await put({}, 1)).toMatchObject({ status: 200, etag: '"2"', body: { secrets: ['authorization'] } });
  expect(await put({}, 1)).toMatchObject({ status: 412 });
  expect(await put({}, 2, 'hook')).toMatchObject({ status: 409, body: { code: 'name_taken' } });
  expect(await put({ kind: 'webhook' }, 2)).toMatchObject({ status: 400, body: { field: 'target.kind' } });
  expect(await house.call('POST', '/receivers', { name: 'pd', target: { kind: 'pagerduty' } })).toMatchObject({ status: 400, body: { field: 'target.routingKey' } });
  expect(await house.call('POST', '/receivers', { name: 'x', target: { kind: 'webhook', url: 'https://u:p@h.example.com' } })).toMatchObject({ status: 400 });
  const rows = await house.dataSource.query(`SELECT to_jsonb(r)::text AS text FROM signalbox.receiver AS r UNION ALL SELECT to_jsonb(a)::text FROM signalbox.audit_entry AS a`);
  const everything = JSON.stringify([rows, (await house.call('GET', '/receivers')).body, (await house.call('GET', '/audit?limit=200')).body]);
  for (const hidden of ['very-secret-token', Buffer.from(secret).toString('hex'), 'whsec_']) expect(everything).not.toContain(hidden);
});

it('switches off and on, and replays what was for it meanwhile', async () => {
  const id = await add('off-and-on');
  const off = await house.call('PUT', `/receivers/${id}`, { name: 'off-and-on', target: { kind: 'webhook', url: local.url }, disabled: true }, { 'if-match': '"1"' });
  expect(off.body).toMatchObject({ disabledReason: 'by-hand' });
  const dead = [await enqueue(house.dataSource, notificationOf(id, 'g', 0, 'firing')), await enqueue(house.dataSource, notificationOf(id, 'g', 0, 'resolved'))];
  expect((await house.call('GET', `/receivers/${id}`)).body).toMatchObject({ deadLetters: 2, waiting: 0 });
  const all = { since: new Date(Date.now() - 60_000).toISOString() };
  expect(await house.call('POST', `/receivers/${id}/replay`, all)).toMatchObject({ status: 409, body: { code: 'replay_receiver_disabled' } });
  expect((await house.call('POST', `/receivers/${id}/enable`)).body).toMatchObject({ disabledReason: null });
  expect((await house.call('POST', `/receivers/${id}/replay`, all)).body).toEqual({ replayed: 2, superseded: 0, more: false });
  await until(async () => (await stateOf(dead[1]!.id)) === 'delivered', 120_000);
  expect(local.taken.map((one) => one.sequence)).toEqual([1, 2]);
  expect(await house.call('POST', `/notifications/${dead[0]!.id}/replay`, {})).toMatchObject({ status: 409, body: { code: 'replay_not_dead' } });
});

it('is not removed while the notification policy names it', async () => {
  const id = await add('named');
  const { body: policy, etag } = await house.call('GET', '/notification-policy');
  const put = await house.call('PUT', '/notification-policy', { receivers: [id] }, { 'if-match': etag ?? '' });
  expect(put.status, JSON.stringify([put.body, policy])).toBe(200);
  expect(await house.call('DELETE', `/receivers/${id}`, undefined, { 'if-match': '"1"' })).toMatchObject({ status: 409, body: { code: 'receiver_in_use', detail: expect.stringContaining('named') } });
  await house.call('PUT', '/notification-policy', { receivers: [] }, { 'if-match': put.etag ?? '' });
  expect(await house.call('DELETE', `/receivers/${id}`, undefined, { 'if-match': '"1"' })).toMatchObject({ status: 200 });
  expect(await house.call('GET', `/receivers/${id}`)).toMatchObject({ status: 404 });
});

it('is used from the command line', async () => {
  await listen();
  const run = async (...args: string[]): Promise<{ exitCode: number; out: string }> => {
    const out: string[] = [];
    const plain = (text: string): string => text;
    const exitCode = await runCli(args, {
      env: { SIGNALBOX_URL: house.url, SIGNALBOX_API_KEY: house.admin }, columns: 200, rows: 24, isTty: false, colors: { dim: plain, red: plain, yellow: plain, bold: plain },
      signal: new AbortController().signal, workingDir: '.', print: (text) => out.push(text), note: (text) => out.push(text),
    });
    return { exitCode, out: out.join('\n') };
  };
  const added = await run('receivers', 'add', 'typed', '--kind', 'webhook', '--url', local.url);
  local.secret = /whsec_\S+/.exec(added.out)?.[0] ?? '';
  expect(await run('receivers', 'test', 'typed')).toMatchObject({ exitCode: 0, out: expect.stringMatching(/^Delivered in/) });
  expect((await run('receivers', 'list')).out).toMatch(/typed\s+webhook/);
  expect((await run('receivers', 'log', 'typed')).out).toContain('delivered');
  expect((await run('receivers', 'show', 'typed')).out).toContain('"secrets"');
  expect((await run('receivers', 'rotate', 'typed', '--overlap', '60')).out).toMatch(/whsec_/);
  expect((await run('receivers', 'replay', 'typed', '--since', '2026-01-01T00:00:00Z')).out).toBe('0 in the outbox again.');
  expect(await run('receivers', 'remove', 'typed')).toMatchObject({ exitCode: 0, out: 'Receiver typed is gone.' });
  expect(await run('receivers', 'show', 'typed')).toMatchObject({ exitCode: 5, out: expect.stringContaining('There is no receiver typed') });
});
