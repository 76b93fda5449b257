import { rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { freePort, SignalboxProcess, TEST_KEY } from '../harness/signalbox-process.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { until } from '../harness/until.ts';

const OLD = Buffer.alloc(32, 1).toString('base64');
const NEW = Buffer.alloc(32, 2).toString('base64');

let home = '';
let signalbox: SignalboxProcess;

beforeEach(() => {
  home = newTemporaryHome('signalbox-rotation-');
});
afterEach(async () => {
  await signalbox?.stop();
  rmSync(home, { recursive: true, force: true });
});

async function start(keys: Readonly<Record<string, string>>): Promise<void> {
  signalbox = new SignalboxProcess(home, await freePort(), keys);
  await signalbox.start();
}

async function ask(): Promise<string> {
  const response = await fetch(`${signalbox.url}/v1/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TEST_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'tiny-mixtral', prompt: 'And', max_tokens: 2 }),
  });
  expect(response.status).toBe(200);
  return response.headers.get('x-request-id') ?? '';
}

async function traceStatus(requestId: string): Promise<number> {
  return (await fetch(`${signalbox.url}/api/v1/traces/${requestId}`, { headers: { authorization: `Bearer ${TEST_KEY}` } })).status;
}

const isRead = (requestId: string): Promise<void> => until(async () => (await traceStatus(requestId)) === 200, 120_000, () => signalbox.log.slice(-2000));

it('opens what an older key sealed, stored and still in the spool, and seals with the new one', async () => {
  await start({ SIGNALBOX_TRACE_KEY: OLD });
  const stored = await ask();
  await isRead(stored);
  const spooled = await ask();
  // At this moment its trace is on its way at best.
  await signalbox.kill();

  await start({ SIGNALBOX_TRACE_KEY: NEW, SIGNALBOX_TRACE_KEYS_OLDER: OLD });
  const fresh = await ask();
  for (const id of [stored, spooled, fresh]) await isRead(id);
  await signalbox.stop();

  // Without the older key what it sealed stays shut, and the rest goes on.
  await start({ SIGNALBOX_TRACE_KEY: NEW });
  await isRead(fresh);
  expect(await traceStatus(stored)).not.toBe(200);
});
