import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, SignalboxProcess, TEST_KEY } from '../harness/signalbox-process.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { until } from '../harness/until.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const NODE = join(ROOT, 'node_modules', '.bin', 'node');

let signalbox: SignalboxProcess;
let home: string;

beforeAll(async () => {
  home = newTemporaryHome('demo-');
  signalbox = new SignalboxProcess(home, await freePort(), { SIGNALBOX_MIN_REQUESTS: '5' });
  await signalbox.start();
});

afterAll(async () => {
  await signalbox?.stop();
  if (home) rmSync(home, { recursive: true, force: true });
});

function start(...args: string[]): ChildProcess {
  return spawn(NODE, [join(ROOT, 'dist', 'apps', 'cli', 'main.js'), ...args], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], NO_COLOR: '1', SIGNALBOX_URL: signalbox.url, SIGNALBOX_API_KEY: TEST_KEY },
  });
}

async function finished(child: ChildProcess): Promise<{ code: number | null; out: string; notes: string }> {
  let out = '';
  let notes = '';
  child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (notes += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, notes };
}

const signalboxCli = (...args: string[]) => finished(start(...args));

describe('signalbox on the whole product', () => {
  it('replays every domain and shows that they use the experts differently', async () => {
    const { code, out, notes } = await signalboxCli('demo');
    expect(code, notes).toBe(0);
    // The model's card: layer 0 routes by token, layers 1 and 3 by domain.
    const bits = [...out.matchAll(/^ {2}layer +(\d+) {2}(\d\.\d{3})/gm)].map(([, , value]) => Number(value));
    expect(bits).toHaveLength(4);
    expect(bits[0]).toBeLessThan(0.1);
    expect(Math.max(...bits)).toBe(bits[3]);
    expect(bits[3]).toBeGreaterThan(0.4);
    expect(out).toContain('Layer 3, where domains differ most');
    for (const domain of ['bible', 'dictionary', 'english', 'french', 'german', 'javascript', 'python', 'spanish']) expect(out).toMatch(new RegExp(`^${domain} .* 36 `, 'm'));
    const requestId = /trace ([0-9a-f-]{36})/.exec(out)?.[1] ?? '';
    const trace = await signalboxCli('trace', requestId);
    expect(trace.code, trace.notes).toBe(0);
    expect(trace.out).toContain('   0 <s> ');
  });

  it('counts every token of it: loads are tokens times top-k', async () => {
    const { code, out } = await signalboxCli('routes', '--json');
    expect(code).toBe(0);
    const { usage } = JSON.parse(out) as { usage: { topK: number; groups: { requests: number; layers: { tokens: number; load: number[] }[] }[] } };
    expect(usage.groups[0]?.requests).toBe(288);
    for (const { tokens, load } of usage.groups[0]?.layers ?? []) expect(load.reduce((sum, count) => sum + count, 0)).toBe(tokens * usage.topK);
  });

  it('fits eight experts into 80 columns', async () => {
    const { out } = await signalboxCli('routes');
    expect(Math.max(...out.split('\n').map((line) => [...line].length))).toBeLessThanOrEqual(80);
    expect(out).toContain('layer   e0   e1   e2   e3   e4   e5   e6   e7');
  });

  it('imports and activates a second model, which then answers', async () => {
    const { code, out, notes } = await signalboxCli('import', 'models/tiny-mixtral', '--model', 'second', '--activate');
    expect(code, notes).toBe(0);
    expect(out).toContain('second answers with it');
    const ask = () =>
      fetch(`${signalbox.url}/v1/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${TEST_KEY}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'second', prompt: 'And it came to pass', max_tokens: 2 }),
      });
    await until(async () => (await ask()).ok, 120_000);
    const releases = await signalboxCli('releases');
    expect(releases.out.match(/answers/g)).toHaveLength(2);
  });

  it('stops at Ctrl-C with 130', async () => {
    const child = start('demo', '--parallel', '2', '--max-tokens', '200');
    const end = finished(child);
    await once(child.stderr!, 'data');
    child.kill('SIGINT');
    expect((await end).code).toBe(130);
  });
});
