import { connect, type Socket } from 'node:net';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { AccessHouse } from '../access/access-house.ts';
import { until } from '../harness/until.ts';

const house = new AccessHouse();
const open: Socket[] = [];
beforeAll(() => house.start());
afterEach(() => open.splice(0).forEach((socket) => socket.destroy()));

/** GET /events over a bare socket. */
class Listener {
  text = '';
  isEnded = false;
  readonly socket: Socket;

  constructor(headers: Record<string, string>, query = '') {
    const { hostname, port } = new URL(house.url);
    this.socket = connect(Number(port), hostname);
    open.push(this.socket);
    this.socket.on('data', (chunk: Buffer) => (this.text += chunk.toString()));
    this.socket.on('close', () => (this.isEnded = true));
    this.socket.on('error', () => undefined);
    this.socket.write(`GET /api/v1/events${query} HTTP/1.1\r\nHost: ${hostname}:${port}\r\n${Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
  }

  async hears(pattern: RegExp): Promise<string> {
    await until(() => pattern.test(this.text), 120_000, () => `heard only: ${this.text}`);
    return pattern.exec(this.text)![1] ?? '';
  }

  /** A chunked answer ends with an empty chunk. */
  get isOver(): boolean {
    return this.isEnded || this.text.endsWith('\r\n0\r\n\r\n') || this.text.endsWith('0\r\n\r\n');
  }
}

const byKey = (key: string, query = ''): Listener => new Listener({ authorization: `Bearer ${key}` }, query);

async function session(key: string): Promise<{ cookie: string; csrf: string }> {
  const { headers, body } = await house.call('/api/v1/session', { method: 'POST', key });
  return { cookie: headers.get('set-cookie')!.split(';')[0]!, csrf: body.csrfToken };
}

const freeze = (name: string) => house.call('/api/v1/freeze-windows', { method: 'POST', body: { name, reason: 'test', from: '2036-12-24T00:00:00Z', to: '2037-01-02T00:00:00Z' } });

it('is a stream of events with the headers of the API, and tells of a change within seconds', async () => {
  const listener = byKey(house.admin);
  await listener.hears(/event: ready\nid: (\S+)\n/);
  expect(listener.text).toMatch(/^HTTP\/1.1 200 OK/);
  for (const header of ['content-type: text/event-stream', 'cache-control: no-store', 'x-accel-buffering: no', 'x-content-type-options: nosniff']) expect(listener.text).toContain(header);
  expect((await freeze('one')).status).toBe(201);
  await listener.hears(/event: changed\nid: \S+\ndata: \{"tags":\["audit","changes"\]\}/);
});

it('tells after a break at once what happened meanwhile', async () => {
  const before = byKey(house.admin);
  const id = await before.hears(/event: ready\nid: (\S+)\n/);
  before.socket.destroy();
  await freeze('two');
  const CHANGED = /event: ready\nid: \S+\ndata: (\{"tags":\[.*\]\})/;
  const after = byKey(house.admin, `?after=${id}`);
  expect(await after.hears(CHANGED)).toContain('"changes"');
  const header = new Listener({ authorization: `Bearer ${house.admin}`, 'last-event-id': id });
  expect(await header.hears(CHANGED)).toContain('"changes"');
});

it('ends when its session is closed, and when its key is revoked', async () => {
  const { key, keyId } = await house.account(['viewer']);
  const { cookie, csrf } = await session(key);
  const [bySession, own] = [new Listener({ cookie }), byKey(key)];
  await Promise.all([bySession.hears(/event: ready/), own.hears(/event: ready/)]);
  await house.call('/api/v1/session', { method: 'DELETE', key: null, headers: { cookie, 'x-csrf-token': csrf } });
  await until(() => bySession.isOver, 120_000, () => 'the stream goes on without its session');
  expect(own.isOver).toBe(false);
  expect((await house.call(`/api/v1/keys/${keyId}`, { method: 'DELETE' })).status).toBeLessThan(300);
  await until(() => own.isOver, 120_000, () => 'the stream goes on without its key');
});

it('tells a caller bound to a tenant of models and releases only', async () => {
  const { key } = await house.account(['admin'], { tenant: 'acme' });
  const [bound, all] = [byKey(key), byKey(house.admin)];
  await Promise.all([bound.hears(/event: ready/), all.hears(/event: ready/)]);
  await freeze('three');
  await house.dataSource.query(`INSERT INTO signalbox.activation_event (model, generation, at, command, actor, actor_name, cause) VALUES ('toy', 99, now(), 'activate', 'system', 'system', 'direct')`);
  await all.hears(/"changes"/);
  await bound.hears(/event: changed/);
  const told = [...bound.text.matchAll(/data: (\{.*\})/g)].flatMap(([, data]) => (JSON.parse(data!) as { tags: string[] }).tags);
  expect(told.length).toBeGreaterThan(0);
  expect(told.filter((tag) => tag !== 'models' && tag !== 'releases')).toEqual([]);
});

it('holds a bounded number of streams of an account', async () => {
  const { key } = await house.account(['viewer']);
  const streams = Array.from({ length: 20 }, () => byKey(key));
  for (const stream of streams) await stream.hears(/event: ready/);
  expect((await house.call('/api/v1/events', { key })).body).toMatchObject({ status: 429, code: 'too_many_streams' });
  streams[0]!.socket.destroy();
  await until(async () => (await house.call('/api/v1/events', { key })).status === 200, 120_000);
});

it('does not hold up a server that stops', async () => {
  const listener = byKey(house.admin);
  await listener.hears(/event: ready/);
  await house.stop();
  // Its end is heard a moment after it was said.
  await expect.poll(() => listener.isOver).toBe(true);
});
