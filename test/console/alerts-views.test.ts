import { type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Reading } from '#libs/detection/reading/reading';
import { until } from '../harness/until.ts';
import { AlertsHouse, LAYER, MODEL } from './alerts-house.ts';
import { CHROMIUM, launchBrowser, Viewer } from './browser.ts';

const WAIT_MS = 120_000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const hostile = (where: string): string => `"><img src=x onerror="window.taken='${where}'">`;

interface Listed {
  readonly items: readonly { readonly id: string; readonly rule: { readonly id: string } }[];
}

/** A shift of the router is seeded: readings of a detector, over usage that was really recorded. All else is as it runs. */
describe.skipIf(CHROMIUM === null)('the views of alerts', () => {
  const house = new AlertsHouse();
  let browser: Browser;
  let alertId: string;
  let receiverId: string;

  beforeAll(async () => {
    [browser] = await Promise.all([launchBrowser(), house.start()]);
    const fromMs = Date.now() - MINUTE_MS;
    await house.traffic(16);
    const { releaseId: stable } = await house.stable();
    const baselineId = await house.seedBaseline(stable, fromMs);
    const release = await house.breakRouter();
    // With fewer than 20, a layer has no value.
    await house.traffic(24);
    const nowMs = Date.now();
    const shift = (atMs: number, value: number, layer: number): Reading => ({
      signal: 'router-shift', labels: { model: MODEL, release, layer: String(layer) }, atMs, value, interval: { low: value * 0.8, high: value * 1.3 }, alarm: value > 0.01, evidence: value > 0.01 ? 4e7 : 2,
      detail: { baselineId, requests: 16, sinceMs: nowMs - 2 * MINUTE_MS, exampleRequestIds: ['01972810-0000-7000-8000-000000000001'], experts: [{ expert: 0, share: 0.5, baselineShare: 0.14, eValue: 900 }, { expert: 1, share: 0.5, baselineShare: 0.1, eValue: 800 }] },
    });
    const past = Array.from({ length: 240 }, (_, minute) => shift(nowMs - (240 - minute) * MINUTE_MS, minute % 80 > 60 ? 0.02 + minute / 10_000 : 0.0008 + (minute % 7) / 10_000, LAYER));
    await house.seedHistory(past);
    ({ id: receiverId } = await house.send<{ id: string }>('POST', '/api/v1/receivers', { name: hostile('receiver'), target: { kind: 'webhook', url: house.receiver.url } }));
    await house.send('PUT', '/api/v1/notification-policy', {
      receivers: [receiverId], timing: { groupWaitMs: 0, groupIntervalMs: 1000, repeatIntervalMs: HOUR_MS },
      routes: [{ name: hostile('route'), matchers: [{ label: 'team', is: 'equal', value: hostile('matcher') }], receivers: [receiverId] }],
      escalations: [{ name: 'boss', matchers: [], afterMs: HOUR_MS, receivers: [receiverId] }],
    }, { 'if-match': '"0"' });
    await house.send('POST', '/api/v1/alert-rules', {
      id: 'hostile', name: hostile('rule'), signal: 'collapse', matchers: [{ label: 'layer', is: 'equal', value: '0' }], labels: { team: hostile('label') }, annotations: { summary: hostile('annotation') }, limits: [{ severity: 'info', is: 'above', limit: 0 }], timing: { forMs: 0, keepFiringForMs: 0, noDataAfterMs: HOUR_MS },
    });
    // The detectors know nothing of these readings, and take them back in their time.
    const fires = async (): Promise<boolean> => {
      await house.seed(shift(Date.now(), 0.62, LAYER), shift(Date.now(), 0.014, LAYER + 1));
      const found = await alerts();
      return ['router-shift', 'hostile'].every((id) => found.some((one) => one.rule.id === id));
    };
    await until(fires, WAIT_MS, () => 'no alert fires');
    alertId = (await house.get<{ items: { id: string; labels: { layer: string } }[] }>('/alerts?signal=router-shift')).items.find(({ labels }) => labels.layer === String(LAYER))!.id;
  });

  afterAll(async () => {
    await browser?.close();
    await house.stop();
  });

  const alerts = async (): Promise<Listed['items']> => (await house.get<Listed>('/alerts?limit=200')).items;
  const views = (): readonly string[] => [
    '/alerts', `/alerts/${alertId}`, '/alerts/history', '/alerts/silences?live=all', '/alerts/rules', '/alerts/rules/router-shift', '/alerts/rules/hostile', '/alerts/rules/new', '/alerts/receivers', `/alerts/receivers/${receiverId}`, '/alerts/policy', '/alerts/detection?signal=router-shift',
  ];

  it('silences after a preview of what that takes, and ends the silence', async () => {
    const viewer = await Viewer.open(browser, house.signalbox.url);
    const { page } = viewer;
    await viewer.goto(`/alerts/${alertId}`);
    await page.getByRole('button', { name: 'Silence this' }).click();
    const dialog = page.getByRole('dialog', { name: 'Silence alerts' });
    await dialog.getByText('It would silence 1 alert that fires now:').waitFor();
    // Less narrow: both layers of the rule.
    for (const matcher of ['Remove matcher 4', 'Remove matcher 3', 'Remove matcher 2']) await dialog.getByRole('button', { name: matcher }).click();
    await dialog.getByText('It would silence 2 alerts that fire now:').waitFor();
    expect(await viewer.violations()).toEqual([]);
    await dialog.getByRole('textbox', { name: 'Why' }).fill(hostile('comment'));
    await dialog.getByRole('button', { name: 'Silence', exact: true }).click();
    await page.getByText('silenced', { exact: true }).first().waitFor();
    await viewer.goto('/alerts/silences');
    await page.getByRole('button', { name: 'End now' }).click();
    await page.getByRole('dialog', { name: 'End the silence' }).getByText(/rule is router-shift/).waitFor();
    await page.getByRole('button', { name: 'End it now' }).click();
    await page.getByText('Nothing is silenced').waitFor();
    expect(viewer.complaints).toEqual([]);
    await viewer.close();
  });

  it('draws the layer now against the baseline, from recorded usage, with a table beside it', async () => {
    const viewer = await Viewer.open(browser, house.signalbox.url);
    const { page } = viewer;
    await viewer.goto(`/alerts/${alertId}`);
    const picture = page.getByRole('figure', { name: /Share of the selections of layer 2/ });
    await picture.getByRole('link', { name: 'expert 7' }).waitFor();
    await page.getByText(/against the traffic that the baseline was frozen from/).waitFor();
    await picture.getByRole('button', { name: 'Table' }).click();
    await picture.getByRole('row').nth(8).waitFor();
    const rows = await picture.getByRole('row').allInnerTexts();
    expect(rows).toHaveLength(9);
    // All zeros: two experts take half of the selections each.
    expect(rows.filter((row) => /\t0\.5\t/.test(row))).toHaveLength(2);
    await page.getByRole('link', { name: '01972810-0000' }).waitFor();
    await viewer.close();
  });

  it('replays a rule over a week of readings, and keeps two writers of it apart', async () => {
    const viewer = await Viewer.open(browser, house.signalbox.url);
    const { page } = viewer;
    await viewer.goto('/alerts/rules/router-shift');
    await page.getByText(/It would have fired \d+ times in the last week|It would have fired (once|twice) in the last week/).waitFor();
    const { etag, body } = await storedRule('router-shift');
    await house.send('PUT', '/api/v1/alert-rules/router-shift', { ...body, name: 'Changed meanwhile' }, { 'if-match': etag });
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Mine');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('Someone else changed this rule since you opened it.', { exact: false }).waitFor();
    await page.getByRole('button', { name: 'Load their version' }).click();
    await page.getByRole('heading', { level: 1, name: 'Changed meanwhile' }).waitFor();
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Router changed');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'Router changed' }).waitFor();
    expect((await storedRule('router-shift')).body).toMatchObject({ name: 'Router changed' });
    await viewer.close();
  });

  it('keeps dead letters, and delivers them again', async () => {
    const viewer = await Viewer.open(browser, house.signalbox.url);
    const { page } = viewer;
    // Without its secret the receiver answers 400. Of the first it is sure: later ones of a group wait behind it.
    const isTried = async (): Promise<boolean> => ((await house.get<{ items: readonly { attempts: number }[] }>(`/notifications?receiver=${receiverId}&limit=200`)).items.at(-1)?.attempts ?? 0) > 0;
    await until(isTried, WAIT_MS, () => 'nothing is sent');
    await house.dataSource.query(`UPDATE signalbox.notification SET state = 'dead', failure = 'attempts-used', ended_at = now(), leased_until = NULL WHERE state = 'waiting'`);
    await viewer.goto(`/alerts/receivers/${receiverId}?delivery=dead`);
    await page.getByRole('button', { name: /^Replay all/ }).click();
    await page.getByRole('dialog', { name: /^Replay the dead letters/ }).getByText(/dead letters are sent again/).waitFor();
    await page.getByRole('button', { name: 'Replay', exact: true }).click();
    await page.getByText(/put back into the outbox/).waitFor();
    await viewer.goto(`/alerts/receivers/${receiverId}`);
    await page.getByRole('table').getByRole('button').last().click();
    await page.getByRole('dialog', { name: 'Notification' }).getByText('Attempts, oldest first').waitFor();
    await page.getByRole('dialog', { name: 'Notification' }).getByText('answered 400').first().waitFor();
    expect(viewer.complaints).toEqual([]);
    await viewer.close();
  });

  it.each([['light', 1440], ['dark', 768]] as const)('is accessible, complains of nothing, and shows text as text, in %s at %d px', async (theme, widthPx) => {
    const viewer = await Viewer.open(browser, house.signalbox.url, { theme, widthPx });
    for (const path of views()) {
      await viewer.goto(path);
      expect(await viewer.violations(), path).toEqual([]);
      expect(await viewer.page.evaluate('window.taken ?? document.querySelectorAll(\'img[src="x"]\').length'), path).toBe(0);
      expect(await viewer.page.evaluate('document.documentElement.scrollWidth <= window.innerWidth'), `${path} is wider than the screen`).toBe(true);
    }
    expect(viewer.complaints).toEqual([]);
    await viewer.close();
  });

  async function storedRule(id: string): Promise<{ readonly etag: string; readonly body: object }> {
    const { generation, id: _id, updatedBy: _by, updatedAt: _at, ...body } = await house.get<{ generation: number; id: string; updatedBy: string; updatedAt: string }>(`/alert-rules/${id}`);
    return { etag: `"${generation}"`, body };
  }
});
