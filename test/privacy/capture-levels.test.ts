import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CapturePolicy, decideCapture } from '#libs/governance/capture-level/decide-capture';
import { freePort, SignalboxProcess, TEST_KEY } from '../harness/signalbox-process.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { until } from '../harness/until.ts';

const LIMIT_MS = 600_000;
const MODEL = 'tiny-mixtral';
const POLICY: CapturePolicy = { level: 'routes', share: 0.5, seed: 'test', rules: [{ field: 'dataClass', value: 'health', level: 'aggregate' }] };

let home = '';
let signalbox: SignalboxProcess;
const headers = { authorization: `Bearer ${TEST_KEY}`, 'content-type': 'application/json' };

async function ask(dataClass: string): Promise<string> {
  const body = JSON.stringify({ model: MODEL, prompt: 'In the beginning', max_tokens: 4, metadata: { data_class: dataClass } });
  const response = await fetch(`${signalbox.url}/v1/completions`, { method: 'POST', headers, body });
  expect(response.status).toBe(200);
  await response.arrayBuffer();
  return response.headers.get('x-request-id')!;
}

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller says what it reads
async function get<T>(path: string): Promise<{ status: number; body: T }> {
  const response = await fetch(`${signalbox.url}/api/v1${path}`, { headers });
  return { status: response.status, body: (await response.json()) as T };
}

interface Usage {
  readonly groups: readonly { readonly requests?: number; readonly layers?: readonly { readonly tokens: number }[] }[];
}
interface TraceAnswer {
  readonly code?: string;
  readonly detail?: string;
  readonly tokens?: readonly { readonly tokenId: number | null }[];
}

beforeAll(async () => {
  home = newTemporaryHome('capture-levels-');
  signalbox = new SignalboxProcess(home, await freePort(), {
    SIGNALBOX_CAPTURE: 'routes', SIGNALBOX_CAPTURE_SHARE: '0.5', SIGNALBOX_CAPTURE_SEED: 'test', SIGNALBOX_CAPTURE_RULES: 'dataClass=health:aggregate', SIGNALBOX_PRIVACY_EPSILON: '0.5', SIGNALBOX_PRIVACY_BUDGET: '0.9',
  });
  await signalbox.start();
}, LIMIT_MS);
afterAll(async () => {
  await signalbox.stop();
  rmSync(home, { recursive: true, force: true });
});

describe('levels of capture', () => {
  it('keep the traces of the share that the ids choose, count the usage of all, and say why a trace is not there', async () => {
    const asked: { readonly requestId: string; readonly dataClass: string }[] = [];
    const reasons = new Set<string>();
    // The ids draw the share: of any number of requests, all or none may be among it.
    for (let i = 0; i < 16 || reasons.size < 3; i += 1) {
      const dataClass = i % 4 === 3 ? 'health' : '';
      const requestId = await ask(dataClass);
      asked.push({ requestId, dataClass });
      reasons.add(decideCapture(POLICY, { requestId, model: MODEL, dataClass }).reason);
    }
    expect(reasons).toEqual(new Set(['sampled', 'not-sampled', 'aggregate-data-class']));
    let tokens = 0;
    await until(async () => {
      const { body } = await get<Usage>(`/usage?model=${MODEL}`);
      tokens = body.groups[0]?.layers?.[0]?.tokens ?? 0;
      return body.groups[0]?.requests === asked.length;
    }, LIMIT_MS);
    let counted = 0;
    for (const { requestId, dataClass } of asked) {
      const decision = decideCapture(POLICY, { requestId, model: MODEL, dataClass });
      const request = await get<{ routedTokens: number }>(`/requests/${requestId}`);
      expect(request.status).toBe(200);
      counted += request.body.routedTokens;
      const { status, body } = await get<TraceAnswer>(`/traces/${requestId}`);
      if (decision.keeps === 'aggregate') {
        expect({ status, code: body.code }).toEqual({ status: 404, code: 'trace_not_recorded' });
        expect(body.detail).toContain(decision.reason === 'not-sampled' ? 'SIGNALBOX_CAPTURE_SHARE' : 'SIGNALBOX_CAPTURE_RULES');
      } else {
        expect(status).toBe(200);
        expect(body.tokens!.length).toBeGreaterThan(3);
        expect(body.tokens!.every(({ tokenId }) => tokenId === null)).toBe(true);
      }
    }
    expect(counted).toBe(tokens);
    const metrics = await (await fetch(`${signalbox.url}/metrics`, { headers })).text();
    for (const reason of reasons) expect(metrics).toMatch(new RegExp(`signalbox_capture_decisions_total\\{[^}]*reason="${reason}"`));
  }, LIMIT_MS);

  it('is what the settings show', async () => {
    const { body } = await get<{ capture: unknown }>('/settings');
    expect(body.capture).toMatchObject({ mode: 'routes', share: 0.5, rules: POLICY.rules });
  });

  it('gives private statistics of days that have ended, the same ones again, until the budget of a day is spent', async () => {
    // The days of one moment, also where midnight comes between two questions.
    const startMs = Date.now();
    const day = (before: number, ofMs = startMs) => new Date(ofMs - before * 86_400_000).toISOString().slice(0, 10);
    const statistics = (from: string, to: string) => get<{ code?: string; epsilon?: number; layers?: readonly { readonly load: readonly number[] }[] }>(`/private-usage?model=${MODEL}&from=${from}&to=${to}`);
    const first = await statistics(day(2), day(2));
    expect(first).toMatchObject({ status: 200, body: { epsilon: 0.5 } });
    // Nothing was asked on that day, and even that is not told.
    expect(first.body.layers!.flatMap(({ load }) => load).some((load) => load !== 0)).toBe(true);
    expect(await statistics(day(2), day(2))).toEqual(first);
    expect(await statistics(day(3), day(2))).toMatchObject({ status: 409, body: { code: 'privacy_budget_spent' } });
    const today = day(0, Date.now());
    expect(await statistics(today, today)).toMatchObject({ status: 400 });
  });

  it('lets the watch count what it does not see', async () => {
    const seen = async () => /signalbox_detection_unfollowed_total\{[^}]*reason="not-kept"[^}]*\} [1-9]/.test(await (await fetch(`${signalbox.url}/metrics`, { headers })).text());
    // A scrape shows nothing of a watch that is too busy to answer it: the next one may.
    await expect.poll(seen).toBe(true);
  }, LIMIT_MS);
});
