import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { cutOffConnections } from './cut-off-connections.ts';

it('lets a server close although a connection never sent a request', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const accepted = once(server, 'connection');
  await Promise.all([once(client, 'connect'), accepted]);
  client.on('error', () => undefined);
  const closed = once(server, 'close');
  server.close();
  expect(server.listening).toBe(false);
  cutOffConnections(server, 1);
  await closed;
});
