import { rmSync } from 'node:fs';
import { type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, SignalboxProcess, TEST_KEY } from '../harness/signalbox-process.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { until } from '../harness/until.ts';
import { CHROMIUM, launchBrowser, Viewer } from './browser.ts';

const MODEL = 'tiny-mixtral';
const HOUR_MS = 3_600_000;

let home: string;
let signalbox: SignalboxProcess;
let browser: Browser;
let changeId: string;
let brokenId: string;

async function api(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<any> { // oxlint-disable-line typescript/no-explicit-any -- looked into by each step
  const answer = await fetch(`${signalbox.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${TEST_KEY}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`);
  return answer.json();
}

/** Something of everything that these views show. */
async function furnish(): Promise<void> {
  await until(async () => (await api('GET', `/models/${MODEL}/activation`).catch(() => null)) !== null, 120_000, () => 'the demo model is not active');
  const { manifest } = await api('GET', `/releases/${(await api('GET', `/models/${MODEL}/activation`)).releaseId}`);
  const rule = { id: 'bank', expert: 'expert/2/5', effect: 'allow-only', tenants: ['bank'], note: 'A contract.' };
  await api('PUT', `/models/${MODEL}/data-rules`, { rules: [rule], reason: 'A contract.' }, { 'if-match': '"0"' });
  const change = { type: 'replace-expert', model: MODEL, replace: [{ component: 'expert/1/3', sha256: manifest.components['expert/1/2'] }], strategy: { kind: 'canary', share: 0.05 } };
  ({ id: changeId } = await api('POST', '/changes', { title: 'Re-tuned expert 3 of layer 1', reason: 'It answers questions about contracts better.', change }));
  await api('POST', `/changes/${changeId}/evidence`, { kind: 'safety-suite', title: 'Safety suite', content: '{"refusals":0.99}', mediaType: 'application/json' });
  await api('POST', `/changes/${changeId}/comments`, { text: 'Which prompts were used?' });
  ({ id: brokenId } = await api('POST', '/changes', { title: 'Other rules', reason: 'A leak.', change: { type: 'change-data-rules', model: MODEL, rules: [{ ...rule, tenants: ['bank', 'insurer'] }, { ...rule, id: 'shops', effect: 'deny', tenants: ['shop'] }] } }));
  await api('POST', `/changes/${brokenId}/break-glass`, { reason: 'Addresses of customers came out.', hours: 2 });
  const at = (hours: number): string => new Date(Date.now() + hours * HOUR_MS).toISOString();
  await api('POST', '/freeze-windows', { name: 'Quarter end', reason: 'Books are closed.', from: at(-1), to: at(30) });
}

describe.skipIf(CHROMIUM === null)('the views of changes', () => {
  beforeAll(async () => {
    home = newTemporaryHome('console-changes-views-');
    signalbox = new SignalboxProcess(home, await freePort());
    [browser] = await Promise.all([launchBrowser(), signalbox.start()]);
    await furnish();
  });

  afterAll(async () => {
    await browser?.close();
    await signalbox?.stop();
    rmSync(home, { recursive: true, force: true });
  });

  it.each([['light', 1440], ['dark', 768]] as const)('have nothing that axe or the browser complains of, and fit: %s, %i px', async (theme, widthPx) => {
    const viewer = await Viewer.open(browser, signalbox.url, { theme, widthPx });
    const views = ['/changes', '/changes/calendar', '/changes/reviews', '/changes/policy', '/changes/data-rules', '/changes/new?kind=change-policy', `/changes/${changeId}`, `/changes/${brokenId}`, `/changes/${changeId}/edit`, `/changes/${brokenId}/dossier`];
    for (const path of views) {
      await viewer.goto(path);
      expect([path, await viewer.violations()]).toEqual([path, []]);
      expect([path, await viewer.page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')]).toEqual([path, true]);
    }
    expect(viewer.complaints).toEqual([]);
    await viewer.close();
  });
});
