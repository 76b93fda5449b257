import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { type AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { readPreference } from '#libs/evaluation/grade/judge';
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

const ask = (url: string, replies: 'text' | 'json-schema' = 'text'): Promise<string> => askJudge({ url, model: 'm', key: 'secret-key', replies }, 'which one?', AbortSignal.timeout(10_000));

it('asks for one completion and gives its text', async () => {
  const { url, asked } = await judge(200, JSON.stringify({ choices: [{ message: { role: 'assistant', content: 'A' } }] }));
  expect(await ask(url)).toBe('A');
  expect(asked).toHaveLength(1);
  expect(asked[0]).toMatchObject({ path: '/v1/chat/completions', authorization: 'Bearer secret-key' });
  expect(JSON.parse(asked[0]!.body)).toMatchObject({ model: 'm', temperature: 0, messages: [{ role: 'user', content: 'which one?' }] });
  expect(JSON.parse(asked[0]!.body)).not.toHaveProperty('response_format');
});

it('asks for the form of a verdict where it is told to', async () => {
  const { url, asked } = await judge(200, JSON.stringify({ choices: [{ message: { role: 'assistant', content: '{"verdict":"B"}' } }] }));
  expect(readPreference(await ask(url, 'json-schema'))).toBe('B');
  expect(JSON.parse(asked[0]!.body)).toMatchObject({ response_format: { type: 'json_schema', json_schema: { name: 'verdict', strict: true, schema: { required: ['verdict'] } } } });
});

it('says that nobody is there, and what to look at', async () => {
  const { url } = await judge(200, '');
  server.close();
  await expect(ask(url)).rejects.toThrow(/cannot be reached \(ECONNREFUSED\); check that it runs and SIGNALBOX_EVALUATION_JUDGE_URL/);
});

it.each([
  [401, 'text', 'SIGNALBOX_EVALUATION_JUDGE_KEY'],
  [404, 'text', 'SIGNALBOX_EVALUATION_JUDGE_MODEL'],
  [400, 'json-schema', 'SIGNALBOX_EVALUATION_JUDGE_REPLIES'],
  [503, 'text', 'whether it can serve'],
] as const)('says what to look at after status %i', async (status, replies, what) => {
  const { url } = await judge(status, '{}');
  await expect(ask(url, replies)).rejects.toThrow(what);
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
