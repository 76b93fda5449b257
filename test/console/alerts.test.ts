import { type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../harness/until.ts';
import { AlertsHouse, LAYER } from './alerts-house.ts';
import { CHROMIUM, launchBrowser, Viewer } from './browser.ts';

const RULE = 'A layer has collapsed';
const REQUESTS = 40;
const WAIT_MS = 120_000;

/**
 * The whole story on the running product: nothing of it is seeded. The router of one layer is replaced by one
 * that sends every token to the same experts; the watch measures it, a rule made in the browser fires, and the
 * rollback of its finding ends it.
 */
describe.skipIf(CHROMIUM === null)('alerts, from a rule to the end of what it finds', () => {
  const house = new AlertsHouse();
  let browser: Browser;
  let viewer: Viewer;
  let stable: string;

  beforeAll(async () => {
    [browser] = await Promise.all([launchBrowser(), house.start()]);
    await house.traffic(REQUESTS);
    stable = (await house.stable()).releaseId;
    viewer = await Viewer.open(browser, house.signalbox.url);
  });

  afterAll(async () => {
    await browser?.close();
    await house.stop();
  });

  it('adds a receiver, shows its secret once, tests it, and names it as who is told', async () => {
    const { page } = viewer;
    await viewer.goto('/alerts/receivers');
    await page.getByRole('button', { name: 'New receiver' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('on-call');
    await page.getByRole('textbox', { name: 'Address' }).fill('ftp://example.com');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByText(/beginning with https/).waitFor();
    await page.getByRole('textbox', { name: 'Address' }).fill(house.receiver.url);
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    const secret = await page.locator('[data-secret]').innerText();
    expect(secret).toMatch(/^whsec_/);
    house.receiver.secret = secret;
    await page.getByRole('button', { name: 'I have copied it' }).click();
    await page.getByRole('heading', { level: 1, name: 'on-call' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'on-call' }).waitFor();
    expect(await page.content()).not.toContain(secret);
    expect(await page.evaluate('JSON.stringify({ ...localStorage, ...sessionStorage })')).not.toContain('whsec');

    await page.getByRole('button', { name: 'Send a test' }).click();
    await page.getByText('answered 200').waitFor();
    expect(house.receiver.faults).toEqual([]);

    await viewer.goto('/alerts/policy');
    await page.getByText('Nobody is told of anything').waitFor();
    await page.getByRole('button', { name: 'Change who is told' }).click();
    await page.getByRole('group', { name: 'Who is told' }).getByLabel('on-call').check();
    await page.getByRole('textbox', { name: 'A new group waits' }).fill('0 s');
    await page.getByRole('textbox', { name: 'News at most every' }).fill('500 ms');
    await page.getByRole('button', { name: 'Save who is told' }).click();
    await page.getByRole('button', { name: 'Change who is told' }).waitFor();
    expect(await house.get('/notification-policy')).toMatchObject({ receivers: [expect.any(String)], timing: { groupWaitMs: 0, groupIntervalMs: 500 } });
  });

  it('makes a rule after a preview on what was recorded', async () => {
    const { page } = viewer;
    await until(async () => (await house.get<{ items: unknown[] }>('/readings/history?signal=collapse')).items.length > 0, WAIT_MS, () => 'nothing is measured');
    await viewer.goto('/alerts/rules/new?signal=collapse');
    await page.getByText('Nothing to replay yet').waitFor();
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill(RULE);
    // The use of experts is never more than even.
    await page.getByRole('textbox', { name: /^Limit 1/ }).fill('1.01');
    await page.getByText(/It would have fired \d+ times in the last week/).waitFor();
    await page.getByRole('table', { name: 'Episodes that the rule would have had' }).waitFor();
    await page.getByRole('textbox', { name: /^Limit 1/ }).fill('0.4');
    await page.getByText('It would not have fired in the last week.').waitFor();
    await page.getByRole('textbox', { name: 'Goes on firing for' }).fill('2 s');
    expect(await viewer.violations()).toEqual([]);
    await page.getByRole('button', { name: 'Make the rule' }).click();
    await page.getByRole('heading', { level: 1, name: RULE }).waitFor();
  });

  it('sees the alert come, reads its finding, compares, acknowledges, rolls back, and sees it resolve', async () => {
    const { page } = viewer;
    await viewer.goto('/alerts');
    const broken = await house.breakRouter();
    await house.traffic(REQUESTS);
    // It comes by itself: nothing is reloaded.
    await page.getByRole('table', { name: `Alerts of the rule ${RULE}` }).getByRole('link', { name: `layer ${LAYER}` }).click();
    await page.getByRole('heading', { level: 1, name: `${RULE}: layer ${LAYER}` }).waitFor();
    const finding = page.locator('[data-finding]').filter({ hasText: 'Routing collapses onto a few experts' });
    await finding.locator('time').first().waitFor();
    expect(await finding.textContent(), 'a time that is not in the viewer’s zone').not.toMatch(/\dT\d\d:/);
    await page.getByRole('figure', { name: /Readings of collapse/ }).waitFor();
    await page.getByText('delivered').first().waitFor();
    expect(await viewer.violations()).toEqual([]);

    await page.getByRole('link', { name: 'Compare the releases' }).click();
    await page.waitForURL((url) => url.pathname === '/releases/compare' && url.searchParams.get('a')?.replaceAll('"', '') === stable && url.searchParams.get('b')?.replaceAll('"', '') === broken);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.goBack();

    await page.getByRole('button', { name: 'Acknowledge' }).click();
    await page.getByRole('textbox', { name: 'Note (optional)' }).fill('rolling back');
    await page.getByRole('dialog', { name: 'Acknowledge the alert' }).getByRole('button', { name: 'Acknowledge' }).click();
    await page.getByText('rolling back').waitFor();

    await page.getByRole('button', { name: /^Roll back to/ }).click();
    const dialog = page.getByRole('dialog', { name: /^Roll back/ });
    await dialog.getByText(/are answered by/).waitFor();
    await dialog.getByText(stable.slice(0, 10)).first().waitFor();
    await dialog.getByRole('textbox', { name: /^Reason/ }).fill('the router has collapsed');
    await dialog.getByRole('button', { name: 'Roll back' }).click();
    await page.getByText('Resolved', { exact: true }).waitFor();
    expect((await house.stable()).releaseId).toBe(stable);
    await until(() => house.receiver.taken.some(({ status }) => status === 'resolved'), WAIT_MS, () => `not told: ${JSON.stringify(house.receiver.taken)}`);
    expect(house.receiver.faults).toEqual([]);

    await viewer.goto('/alerts/history');
    await page.getByRole('table', { name: 'Episodes of alerts' }).getByRole('link', { name: RULE }).first().waitFor();
    expect(await house.get('/audit?action=activation.rollback')).toMatchObject({ items: [{ reason: 'the router has collapsed' }] });
    // 409s and 400s that the test provokes are told by the browser as failed loads.
    expect(viewer.complaints.filter((text) => !text.includes('status of 400'))).toEqual([]);
  });
});
