import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, SignalboxProcess, TEST_KEY } from '../harness/signalbox-process.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const NODE = join(ROOT, 'node_modules', '.bin', 'node');
/** A smaller baseline knows too few tokens to tell the router from the traffic. */
const REQUESTS = 3000;
/** The demo's. */
const PERTURBED_LAYER = 2;

interface Span {
  readonly requests: number;
  readonly seconds: number;
}
interface Finding {
  readonly layer: number;
  readonly effect: { readonly value: number };
  readonly wayBack: { readonly command: string; readonly to: string } | null;
}
interface Result {
  readonly title: string;
  readonly found: { readonly labels: Readonly<Record<string, string>>; readonly finding: Finding };
  readonly toFind: Span;
  readonly toResolve: Span;
  readonly told: readonly { readonly signal: string; readonly layer: number }[];
}
interface Episode {
  readonly signal: string;
  readonly rule: { readonly name: string };
  readonly endedAt: string | null;
}

let home: string;
let signalbox: SignalboxProcess;

beforeAll(async () => {
  home = newTemporaryHome('signalbox-shift-');
  // The baseline is the demo's own, and alerts are looked at often.
  signalbox = new SignalboxProcess(home, await freePort(), { SIGNALBOX_BASELINE_REQUESTS: '0', SIGNALBOX_ALERT_INTERVAL_MS: '200', SIGNALBOX_RECEIVER_ALLOW: '127.0.0.0/8' });
  await signalbox.start();
});
afterAll(async () => {
  await signalbox?.stop();
  if (home) rmSync(home, { recursive: true, force: true });
});

function startDemo(...args: string[]): ChildProcess {
  return spawn(NODE, [join(ROOT, 'dist', 'apps', 'cli', 'main.js'), 'demo', '--shift', ...args], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], NO_COLOR: '1', SIGNALBOX_URL: signalbox.url, SIGNALBOX_API_KEY: TEST_KEY },
  });
}

async function finished(child: ChildProcess): Promise<{ code: number | null; out: string; notes: string }> {
  let [out, notes] = ['', ''];
  child.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (notes += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, notes };
}

const list = async <T>(path: string): Promise<readonly T[]> => (await signalbox.json<{ items: T[] }>(path)).items;

/** What the demo touches, as a user would see it. */
async function userSide() {
  const policy = await signalbox.json<{ routes: unknown[]; receivers: string[] }>('/api/v1/notification-policy');
  const rules = await list<{ id: string; name: string }>('/api/v1/alert-rules?limit=200');
  return { receivers: await list('/api/v1/receivers'), told: policy.receivers, routes: policy.routes, rules: rules.map(({ id }) => id) };
}

describe('a shift on the running product', () => {
  it('finds a change of the traffic and one of a router, tells them apart, delivers them signed, and resolves both when they are undone', async () => {
    const before = await userSide();
    const { releaseId: stable } = await signalbox.json<{ releaseId: string }>('/api/v1/models/tiny-mixtral/activation');
    const { code, out, notes } = await finished(startDemo('--requests', String(REQUESTS), '--json'));
    expect(code, `${notes}\n${signalbox.log.slice(-3000)}`).toBe(0);
    const { results, refused } = JSON.parse(out) as { results: Result[]; refused: number };
    for (const { title, toFind, toResolve } of results) console.log(`${title}: found after ${toFind.requests} requests and ${toFind.seconds.toFixed(1)} s, resolved after ${toResolve.requests} and ${toResolve.seconds.toFixed(1)} s`);
    // Every delivery had the signature that the standardwebhooks library computes.
    expect(refused).toBe(0);

    const [traffic, router] = results;
    expect(traffic?.found.labels).toMatchObject({ signal: 'mix-shift', model: 'tiny-mixtral', release: stable });
    expect(traffic?.found.finding).toMatchObject({ wayBack: null });
    expect(traffic?.found.finding.effect.value).toBeGreaterThan(0.002);
    expect(router?.found.labels).toMatchObject({ signal: 'router-shift', model: 'tiny-mixtral' });
    expect(router?.found.labels['release']).not.toBe(stable);
    expect(router?.found.finding.wayBack).toMatchObject({ command: 'signalbox rollback --model tiny-mixtral', to: stable });
    // A router moves nothing before its own layer; another mix of requests moves the first layers too, and there no router is blamed.
    const isBefore = ({ layer }: { readonly layer: number }): boolean => layer < PERTURBED_LAYER;
    expect(new Set(traffic?.told.filter(isBefore).map(({ signal }) => signal))).toEqual(new Set(['mix-shift']));
    expect(router?.told.filter(isBefore)).toEqual([]);
    expect(router?.told).toContainEqual({ signal: 'router-shift', layer: PERTURBED_LAYER });

    // Undone, resolved, and nothing of the demo left but its history.
    expect(await signalbox.json('/api/v1/models/tiny-mixtral/activation')).toMatchObject({ releaseId: stable });
    expect(await userSide()).toEqual(before);
    const episodes = (await list<Episode>('/api/v1/alerts/history?limit=200')).filter(({ rule }) => rule.name.startsWith('Demo'));
    expect(new Set(episodes.map(({ signal }) => signal))).toEqual(new Set(['mix-shift', 'router-shift']));
    expect(episodes.filter(({ endedAt }) => endedAt === null)).toEqual([]);
  });

  it('puts everything back when it is stopped by Ctrl-C', async () => {
    const before = await userSide();
    const child = startDemo('--requests', '3000');
    const end = finished(child);
    let notes = '';
    await new Promise<void>((resolve) => child.stderr!.on('data', (chunk: Buffer) => ((notes += chunk.toString()), notes.includes('requests for a baseline') && resolve())));
    child.kill('SIGINT');
    expect((await end).code).toBe(130);
    expect(await userSide()).toEqual(before);
  });
});
