import { expect, it } from 'vitest';
import { type DemoPrompt } from '../prompts.ts';
import { drawRequest, Traffic } from './traffic.ts';

const MIX: DemoPrompt[] = ['bible', 'python'].map((task) => ({ task, prompt: `of ${task}`, language: 'en' }));

/** Answers until told otherwise, and keeps what it was asked. */
function fakeServer() {
  const asked: { task: string; seed: number }[] = [];
  let status = 200;
  return {
    asked,
    fail: () => (status = 400),
    request: async (_path: string, init?: { body?: string | Uint8Array }): Promise<Response> => {
      const { metadata, seed } = JSON.parse(String(init?.body)) as { metadata: { task: string }; seed: number };
      asked.push({ task: metadata.task, seed });
      // Lets the test run between two answers.
      await new Promise((resolve) => setImmediate(resolve));
      return new Response('{}', { status, headers: { 'x-request-id': 'id' } });
    },
  };
}

function trafficTo(server: ReturnType<typeof fakeServer>): Traffic {
  let draws = 0;
  return new Traffic(server, MIX, { model: 'm', tenant: 'demo', parallel: 2, maxTokens: 1, signal: new AbortController().signal, random: () => ((draws += 1) % 10) / 10 });
}

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
};

it('draws from all of the mix, then from the mix it changed to, each request with a seed of its own', async () => {
  const server = fakeServer();
  const traffic = trafficTo(server);
  traffic.start();
  await until(() => traffic.answered >= 20);
  traffic.change(MIX.filter(({ task }) => task === 'python'));
  const from = server.asked.length;
  await until(() => server.asked.length >= from + 20);
  await traffic.stop();
  expect(new Set(server.asked.slice(0, from).map(({ task }) => task))).toEqual(new Set(['bible', 'python']));
  expect(new Set(server.asked.slice(from).map(({ task }) => task))).toEqual(new Set(['python']));
  expect(new Set(server.asked.map(({ seed }) => seed)).size).toBe(server.asked.length);
  expect(traffic.answered).toBe(server.asked.length);
});

it('tells of the first refusal, and sends nothing more', async () => {
  const server = fakeServer();
  const traffic = trafficTo(server);
  traffic.start();
  traffic.check();
  server.fail();
  await traffic.stop();
  expect(() => traffic.check()).toThrow('status 400');
  expect(server.asked.length).toBeLessThan(10);
});

it('makes a request of prompts of one domain', () => {
  let draws = 0;
  const { task, prompt } = drawRequest([...MIX, { task: 'python', prompt: 'more of python', language: 'code' }], () => ((draws += 7) % 10) / 10);
  expect(task).toBe('python');
  expect(prompt.split('\n')).toHaveLength(3);
  expect(prompt).not.toContain('bible');
});
