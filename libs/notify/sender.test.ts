import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createNetServer } from 'node:net';
import { once } from 'node:events';
import { type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type ReceiverMessage } from '#libs/alerting/receiver/compose-message';
import { ALLOW_NOTHING, parseAllowList } from './address-policy.ts';
import { type Resolver } from './resolve-host.ts';
import { Sender } from './sender.ts';

const LOCAL = parseAllowList(['127.0.0.1']);
const servers: { close(): unknown }[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function serve(handle: RequestListener): Promise<{ readonly port: number; readonly server: Server }> {
  const server = createServer({}, handle).listen(0, '127.0.0.1');
  servers.push({ close: () => (server.closeAllConnections(), server.close()) });
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, server };
}

const web = (url: string): ReceiverMessage => ({ by: 'web', request: { method: 'POST', url, headers: { 'content-type': 'application/json' }, body: '{"a":1}' } });

describe('Sender', () => {
  it('gives the status, the wait asked for, and the beginning of the answer without secrets', async () => {
    const { port } = await serve((_, response) => response.writeHead(503, { 'retry-after': '120' }).end(`no: key-12345 ${'x'.repeat(100_000)}`));
    const sent = await new Sender({ allow: LOCAL }).send(web(`http://127.0.0.1:${port}/`), ['key-12345']);
    expect(sent).toMatchObject({ result: { kind: 'answered', status: 503, retryAfterSeconds: 120 }, error: null });
    expect(sent.response).toMatch(/^no: \[secret\] x+$/);
    expect(sent.response).toHaveLength(500);
  });

  it('follows no redirect', async () => {
    const { port } = await serve((request, response) => (request.url === '/' ? response.writeHead(302, { location: '/else' }).end() : response.writeHead(200).end()));
    expect(await new Sender({ allow: LOCAL }).send(web(`http://127.0.0.1:${port}/`))).toMatchObject({ result: { status: 302 } });
  });

  it('gives up a receiver that does not answer in time, and says so of one that is not there', async () => {
    const { port, server } = await serve(() => undefined);
    expect(await new Sender({ allow: LOCAL, timeoutMs: 50 }).send(web(`http://127.0.0.1:${port}/`))).toMatchObject({ result: { kind: 'no-answer', why: 'timeout' }, error: 'no answer within 50 ms' });
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    expect(await new Sender({ allow: LOCAL }).send(web(`http://127.0.0.1:${port}/`))).toMatchObject({ result: { kind: 'no-answer', why: 'connection' } });
  });

  it('connects to the address that it checked, whatever the name stands for a moment later', async () => {
    const { port } = await serve((_, response) => response.writeHead(200).end('inner'));
    let asked = 0;
    // Public when it is checked, ours after: a second look-up would reach the server.
    const rebinding: Resolver = async () => [{ address: asked++ === 0 ? '203.0.114.1' : '127.0.0.1', family: 4 }];
    const sent = await new Sender({ allow: ALLOW_NOTHING, resolver: rebinding, timeoutMs: 300 }).send(web(`https://rebind.example:${port}/`));
    expect(sent.result.kind).toBe('no-answer');
    expect(asked).toBe(1);
    const reached = await new Sender({ allow: LOCAL, resolver: async () => [{ address: '127.0.0.1', family: 4 }] }).send(web(`http://named.example:${port}/`));
    expect(reached).toMatchObject({ result: { status: 200 }, response: 'inner' });
  });

  it('blocks a name with one inner address among its addresses, inner addresses in any spelling, and plain http to the public', async () => {
    const mixed: Resolver = async () => [{ address: '203.0.114.1', family: 4 }, { address: '169.254.169.254', family: 4 }];
    const blocked = { result: { kind: 'no-answer', why: 'blocked-address' } };
    expect(await new Sender({ allow: ALLOW_NOTHING, resolver: mixed }).send(web('https://mixed.example/'))).toMatchObject(blocked);
    for (const url of ['https://127.0.0.1/', 'https://2130706433/', 'https://0x7f.1/', 'https://[::1]/', 'https://[::ffff:10.0.0.1]/', 'https://169.254.169.254/', 'file:///etc/passwd']) expect(await new Sender({ allow: ALLOW_NOTHING }).send(web(url)), url).toMatchObject(blocked);
    expect(await new Sender({ allow: ALLOW_NOTHING, resolver: async () => [{ address: '203.0.114.1', family: 4 }] }).send(web('http://public.example/'))).toMatchObject(blocked);
  });
});

describe('Sender of mails', () => {
  const mail = (port: number, host = '127.0.0.1'): ReceiverMessage => ({
    by: 'mail', server: { host, port, security: 'none', username: null, password: null },
    message: { messageId: '<1@example.com>', thread: '<g@example.com>', from: 'a@example.com', to: ['b@example.com'], subject: 'S', text: 'T' },
  });

  /** As much of SMTP as it takes to hand over one mail. */
  async function smtp(answerToData: string): Promise<{ readonly port: number; readonly mails: string[] }> {
    const mails: string[] = [];
    const server = createNetServer((socket) => {
      let isData = false;
      let held = '';
      socket.write('220 here\r\n');
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => {
        held += chunk.toString();
        for (;;) {
          const end = held.indexOf(isData ? '\r\n.\r\n' : '\r\n');
          if (end === -1) return;
          const line = held.slice(0, end);
          held = held.slice(end + (isData ? 5 : 2));
          if (isData) {
            mails.push(line);
            isData = false;
            socket.write(`${answerToData}\r\n`);
          } else if (/^DATA/i.test(line)) {
            isData = true;
            socket.write('354 go on\r\n');
          } else if (/^QUIT/i.test(line)) socket.end('221 bye\r\n');
          else socket.write('250 ok\r\n');
        }
      });
    }).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    return { port: (server.address() as AddressInfo).port, mails };
  }

  it('hands over a mail, and gives the code where it is refused', async () => {
    const taking = await smtp('250 taken');
    expect(await new Sender({ allow: LOCAL }).send(mail(taking.port))).toMatchObject({ result: { kind: 'answered', status: 250 }, error: null });
    expect(taking.mails[0]).toMatch(/message-id: <1@example\.com>/i);
    expect(taking.mails[0]).toMatch(/references: <g@example\.com>/i);
    const refusing = await smtp('451 later');
    expect(await new Sender({ allow: LOCAL }).send(mail(refusing.port))).toMatchObject({ result: { kind: 'answered', status: 451 } });
  });

  it('checks the address of the mail server too', async () => {
    const taking = await smtp('250 taken');
    const blocked = { result: { kind: 'no-answer', why: 'blocked-address' } };
    expect(await new Sender({ allow: ALLOW_NOTHING }).send(mail(taking.port))).toMatchObject(blocked);
    expect(await new Sender({ allow: ALLOW_NOTHING, resolver: async () => [{ address: '10.0.0.1', family: 4 }] }).send(mail(taking.port, 'mail.example'))).toMatchObject(blocked);
    expect(taking.mails).toEqual([]);
  });
});
