import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { type AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { askJudge } from './judge.ts';

let server: Server;
afterEach(() => server.close());

async function judge(status: number, body: string): Promise<{ readonly url: string; readonly asked: { path: string; authorization: string | undefined; body: string }[] }> {
  const asked: { path: string; authorization: string | undefined; body: string }[] = [];
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      asked.push({ path: request.url ?? '', authorization: request.headers.authorization, body: text });
      response.writeHead(status, { location: 'http://127.0.0.1:1/' }).end(body);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/`, asked };
}

const ask = (url: string): Promise<string> => askJudge({ url, model: 'm', key: 'secret-key' }, 'which one?', AbortSignal.timeout(10_000));

it('asks for one completion and gives its text', async () => {
  const { url, asked } = await judge(200, JSON.stringify({ choices: [{ message: { role: 'assistant', content: 'A' } }] }));
  expect(await ask(url)).toBe('A');
  expect(asked).toHaveLength(1);
  expect(asked[0]).toMatchObject({ path: '/v1/chat/completions', authorization: 'Bearer secret-key' });
  expect(JSON.parse(asked[0]!.body)).toMatchObject({ model: 'm', temperature: 0, messages: [{ role: 'user', content: 'which one?' }] });
});

it.each([
  [401, 'no such secret-key'],
  [200, 'no JSON'],
  [200, '{"choices":[]}'],
  [200, `"${'x'.repeat(300_000)}"`],
  [302, ''],
])('fails without telling key or question where the endpoint gives no answer: %i', async (status, body) => {
  const { url } = await judge(status, body);
  const error: unknown = await ask(url).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(Error);
  expect(String(error)).not.toMatch(/secret-key|which one/);
});
