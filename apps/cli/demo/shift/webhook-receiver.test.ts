import { afterEach, beforeEach, expect, it } from 'vitest';
import { Webhook } from 'standardwebhooks';
import { WebhookReceiver } from './webhook-receiver.ts';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
let receiver: WebhookReceiver;
beforeEach(async () => {
  receiver = await WebhookReceiver.listen();
});
afterEach(() => receiver.close());

function post(body: string, secret: string): Promise<Response> {
  const at = new Date();
  const headers = { 'webhook-id': 'msg_1', 'webhook-timestamp': String(Math.floor(at.getTime() / 1000)), 'webhook-signature': new Webhook(secret).sign('msg_1', at, body) };
  return fetch(receiver.url, { method: 'POST', headers, body });
}

it('takes what is signed with its secret, and nothing else', async () => {
  expect((await post('{"a":1}', SECRET)).status).toBe(401);
  receiver.checkWith(SECRET);
  expect((await post('{"a":2}', SECRET)).status).toBe(204);
  expect((await post('{"a":3}', `whsec_${Buffer.alloc(32, 8).toString('base64')}`)).status).toBe(401);
  expect((await fetch(receiver.url, { method: 'POST', body: '{"a":4}' })).status).toBe(401);
  expect(receiver.deliveries.map(({ body }) => body)).toEqual([{ a: 2 }]);
  expect(receiver.refused).toBe(3);
});
