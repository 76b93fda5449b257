import { rmSync } from 'node:fs';
import { type Browser, type Locator, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, SignalboxProcess, TEST_KEY } from '../harness/signalbox-process.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { until } from '../harness/until.ts';
import { CHROMIUM, launchBrowser, openDialog, untilFocused, Viewer } from './browser.ts';

const MODEL = 'tiny-mixtral';
const HOSTILE = `Re-tuned "><img src=x onerror="window.taken=1"> expert`;
const TABS = 200;
const DAY_MS = 86_400_000;

let home: string;
let signalbox: SignalboxProcess;
let browser: Browser;
let authorKey = '';
let author: Viewer;
let approver: Viewer;
let admin: Viewer;

async function api(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}, key = TEST_KEY): Promise<any> { // oxlint-disable-line typescript/no-explicit-any -- looked into by each step
  const answer = await fetch(`${signalbox.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`);
  return answer.json();
}

/** The key of an account of its own. */
async function keyOf(name: string, roles: readonly string[]): Promise<string> {
  const { id } = await api('POST', '/accounts', { kind: 'user', name, roles });
  const { secret } = await api('POST', `/accounts/${id}/keys`, { name: 'test', scopes: ['read', 'propose', 'approve', 'operate', 'audit'] });
  return secret;
}

/** Goes on with the tab key until something has the focus, as somebody without a mouse does. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor();
  for (let presses = 0; presses < TABS; presses += 1) {
    if (await target.evaluate((element) => element === element.ownerDocument.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`the tab key does not reach ${String(target)}`);
}

const confirm = async (page: Page, name: string): Promise<void> => {
  await openDialog(page).getByRole('button', { name, exact: true }).click();
  // Where the question took the place of a form, that may still be going too.
  await expect.poll(() => openDialog(page).count()).toBe(0);
};

async function addEvidence(page: Page, kind: string, content: string): Promise<void> {
  await page.getByRole('button', { name: 'Add evidence' }).click();
  await openDialog(page).getByLabel('Kind').selectOption(kind);
  await openDialog(page).getByLabel('Title').fill(`Results of ${kind}`);
  await openDialog(page).getByLabel('Content').fill(content);
  await confirm(page, 'Add evidence');
}

const stable = async (): Promise<string> => (await api('GET', `/models/${MODEL}/activation`)).releaseId;
const idOf = (page: Page): string => /\/changes\/([0-9a-f-]{36})/.exec(page.url())![1]!;

describe.skipIf(CHROMIUM === null)('changes in the console', () => {
  beforeAll(async () => {
    home = newTemporaryHome('console-changes-');
    signalbox = new SignalboxProcess(home, await freePort());
    [browser] = await Promise.all([launchBrowser(), signalbox.start()]);
    await until(async () => (await api('GET', `/models/${MODEL}/activation`).catch(() => null)) !== null, 120_000, () => 'the demo model is not active');
    authorKey = await keyOf('Rita', ['releaser', 'approver', 'operator']);
    author = await Viewer.open(browser, signalbox.url, { key: authorKey });
    approver = await Viewer.open(browser, signalbox.url, { key: await keyOf('Anna', ['approver', 'auditor']) });
    admin = await Viewer.open(browser, signalbox.url);
  });

  afterAll(async () => {
    await browser?.close();
    await signalbox?.stop();
    rmSync(home, { recursive: true, force: true });
  });

  it('leads a change from its author over an approver without a mouse, past a freeze, to what serves', async () => {
    const before = await stable();
    const { manifest } = await api('GET', `/releases/${before}`);
    const { page } = author;

    // The author writes it, and sees what it would do before anything is written.
    await author.goto(`/changes/new?kind=replace-expert&model=${MODEL}&replace=expert/1/3:${manifest.components['expert/1/2']}`);
    await page.getByLabel('Title').fill(HOSTILE);
    await page.getByLabel('Why, for those who approve').fill('Answers contracts better. <script>window.taken = 2</script>');
    await page.getByRole('button', { name: 'Show what it would write' }).click();
    await page.getByRole('table', { name: 'Changed components' }).getByText('expert/1/3').waitFor();
    await page.getByRole('list', { name: 'Requirements' }).getByText('safety-suite').first().waitFor();
    expect((await api('GET', '/changes')).items).toEqual([]);
    await page.getByRole('button', { name: 'Create the draft' }).click();
    await page.getByRole('heading', { level: 1, name: HOSTILE }).waitFor();
    await addEvidence(page, 'safety-suite', '{"refusals": 0.99, "note": "<img src=x onerror=window.taken=3>"}');
    await addEvidence(page, 'recalibration-check', 'Routers and experts fit each other.');
    await page.getByLabel('Your comment').fill('<b>Measured</b> on German contracts.');
    await page.getByRole('button', { name: 'Comment' }).click();
    await page.getByRole('list', { name: 'Comments' }).getByText('<b>Measured</b>').waitFor();
    await page.getByRole('button', { name: 'Submit' }).click();
    await confirm(page, 'Submit');
    // Having the role does not let anybody decide over their own.
    const why = page.getByLabel('What you cannot do now');
    await why.getByText('Nobody decides over their own').first().waitFor();
    expect(await page.getByRole('button', { name: 'Approve', exact: true }).count()).toBe(0);
    expect(await author.violations()).toEqual([]);

    // The approver finds it, reads the evidence, and approves: with the keyboard alone.
    const other = approver.page;
    await approver.goto('/changes?waiting=me');
    await tabTo(other, other.getByRole('link', { name: HOSTILE }));
    await other.keyboard.press('Enter');
    await other.getByRole('heading', { level: 1, name: HOSTILE }).waitFor();
    await tabTo(other, other.getByRole('button', { name: 'Open Results of safety-suite' }));
    await other.keyboard.press('Enter');
    await openDialog(other).getByText('"refusals": 0.99').waitFor();
    await untilFocused(openDialog(other));
    expect(await approver.violations()).toEqual([]);
    await other.keyboard.press('Escape');
    await openDialog(other).waitFor({ state: 'detached' });
    await tabTo(other, other.getByRole('button', { name: 'Approve', exact: true }));
    await other.keyboard.press('Enter');
    await openDialog(other).getByText('Your approval names the digest').waitFor();
    await untilFocused(openDialog(other));
    expect(await approver.violations()).toEqual([]);
    await tabTo(other, openDialog(other).getByLabel('Reason (optional)'));
    await other.keyboard.type('The suite is of this version.');
    await tabTo(other, openDialog(other).getByRole('button', { name: 'Approve exactly this' }));
    await other.keyboard.press('Enter');
    await other.getByRole('list', { name: 'Approvals' }).getByText('counts').waitFor();
    const id = idOf(other);
    expect((await api('GET', `/changes/${id}`)).state).toBe('approved');

    // A freeze keeps it from being applied, and says which one and until when.
    await admin.goto('/changes/calendar');
    await admin.page.getByRole('button', { name: 'New freeze window', exact: true }).first().click();
    await openDialog(admin.page).getByLabel('Name').fill('Quarter end');
    await openDialog(admin.page).getByLabel('Why').fill('Books are closed.');
    // As it is filled in, it ends with the day: that may be now.
    await openDialog(admin.page).getByLabel('To', { exact: true }).fill(`${new Date(Date.now() + 2 * DAY_MS).toISOString().slice(0, 10)}T00:00`);
    await openDialog(admin.page).getByRole('button', { name: 'Continue' }).click();
    await confirm(admin.page, 'Make it');
    await admin.page.getByRole('table', { name: 'Freeze windows' }).getByText('holds now').waitFor();
    await author.goto(`/changes/${id}`);
    await why.getByText('Freeze window "Quarter end" holds until').first().waitFor();
    expect(await page.getByRole('button', { name: 'Apply now' }).count()).toBe(0);
    await admin.page.getByRole('button', { name: 'End now: Quarter end' }).click();
    await confirm(admin.page, 'End it now');

    // The author applies what another approved.
    await author.goto(`/changes/${id}`);
    await page.getByRole('button', { name: 'Apply now' }).click();
    await openDialog(page).getByText(MODEL).first().waitFor();
    await confirm(page, 'Apply now');
    await page.getByText('Let through').waitFor();
    expect(await stable()).not.toBe(before);

    // The dossier is there to be read and kept.
    await approver.goto(`/changes/${id}/dossier`);
    await expect.poll(() => approver.page.getByLabel('Dossier').innerText()).toContain('Results of safety-suite');
    expect(await author.page.evaluate('window.taken ?? null')).toBeNull();
    expect(await other.evaluate('window.taken ?? null')).toBeNull();
    expect([...author.complaints, ...approver.complaints, ...admin.complaints]).toEqual([]);
  });

  it('tells who edits that somebody else was faster, and writes nothing over it', async () => {
    const { id } = await api('POST', '/changes', { title: 'Fewer experts', reason: 'It is faster.', change: { type: 'change-routing-settings', model: MODEL, settings: { topK: 1 } } });
    const { page } = author;
    await author.goto(`/changes/${id}/edit`);
    await page.getByLabel('Title').fill('Mine');
    await page.getByRole('button', { name: 'Show what it would write' }).click();
    await page.getByRole('button', { name: 'Save and plan it anew' }).waitFor();
    await api('PUT', `/changes/${id}`, { title: 'Theirs', reason: 'It is faster.', change: { type: 'change-routing-settings', model: MODEL, settings: { topK: 1 } } }, { 'if-match': '"1"' });
    await page.getByRole('button', { name: 'Save and plan it anew' }).click();
    await page.getByText('Someone else changed it').waitFor();
    expect((await api('GET', `/changes/${id}`)).title).toBe('Theirs');
    await page.getByRole('button', { name: 'Start again from what is there now' }).click();
    await page.waitForFunction(`document.querySelector('input[name="title"]')?.value === 'Theirs'`);
    author.complaints.splice(0); // the browser itself reports the 412
  });

  it('lets an emergency through, lists what it owes, and has somebody else settle it', async () => {
    const { id } = await api('POST', '/changes', { title: 'Take it back', reason: 'It leaks.', change: { type: 'change-routing-settings', model: MODEL, settings: { normalise: false } } }, {}, authorKey);
    const { page } = author;
    await author.goto(`/changes/${id}`);
    await page.getByRole('button', { name: 'Break the glass' }).click();
    await openDialog(page).getByLabel('Reason').fill('It gives out addresses of customers.');
    await openDialog(page).getByLabel('Type "break the glass"').fill('break');
    await openDialog(page).getByRole('button', { name: 'Break the glass' }).click();
    expect((await api('GET', `/changes/${id}`)).state).toBe('draft');
    expect(await author.violations()).toEqual([]);
    await openDialog(page).getByLabel('Type "break the glass"').fill('break the glass');
    await confirm(page, 'Break the glass');
    await page.getByText('review owed').waitFor();

    const other = approver.page;
    await approver.goto('/changes/reviews');
    await other.getByRole('table', { name: 'Reviews owed' }).getByRole('link', { name: 'Take it back' }).first().click();
    await other.getByRole('button', { name: 'Review' }).click();
    await openDialog(other).getByLabel('Reason').fill('It was right to act.');
    await confirm(other, 'Give the review');
    await approver.goto('/changes/reviews');
    await other.getByText('Nothing is owed').waitFor();
    expect([...author.complaints, ...approver.complaints]).toEqual([]);
  });

  it('shows data rules, tries a request, writes the next ones, and asks for approval once the model is bound', async () => {
    const { page } = admin;
    await admin.goto(`/changes/data-rules?model=${MODEL}`);
    await page.getByRole('button', { name: 'Edit the rules' }).click();
    await openDialog(page).getByLabel('Rules, as JSON').fill('[{"id": "bank", "expert": "nobody", "effect": "allow-only"}]');
    await openDialog(page).getByRole('button', { name: 'Check and compare' }).click();
    await openDialog(page).getByText('give expert/<layer>/<index>').waitFor();
    await openDialog(page).getByLabel('Rules, as JSON').fill('[{"id": "bank", "expert": "expert/2/5", "effect": "allow-only", "tenants": ["bank"]}]');
    await openDialog(page).getByRole('button', { name: 'Check and compare' }).click();
    await openDialog(page).getByText('expert/2/5 serves only requests of tenant bank').waitFor();
    await openDialog(page).getByLabel('Reason').fill('A contract.');
    await confirm(page, 'Write the rules');
    await page.getByRole('table', { name: 'Rules in force' }).getByText('requests of tenant bank').waitFor();
    await page.getByLabel('Tenant').fill('shop');
    await page.getByRole('button', { name: 'Check', exact: true }).click();
    await page.getByText('served, without the experts below').first().waitFor();
    expect(await admin.violations()).toEqual([]);

    await admin.goto('/changes/policy');
    await page.getByRole('button', { name: 'Require approvals' }).click();
    await openDialog(page).getByLabel('Reason').fill('It serves customers.');
    await confirm(page, 'Require approvals');
    await page.getByText('Only approved change requests lead forward.').waitFor();
    await admin.goto(`/changes/data-rules?model=${MODEL}`);
    await page.getByRole('link', { name: 'Propose other rules' }).click();
    await expect.poll(() => page.getByLabel('All rules of the next generation').inputValue()).toContain('"bank"');
    admin.complaints.splice(0); // the browser itself reports the 400 of the wrong rules
  });

  it('goes through the calendar by keyboard', async () => {
    const { page } = admin;
    await admin.goto('/changes/calendar?month=2026-11');
    await page.locator('[data-date="2026-11-01"]').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => page.evaluate('document.activeElement.dataset.date')).toBe('2026-11-09');
    await page.keyboard.press('PageDown');
    await page.waitForURL(/month=2026-12/);
    await page.getByRole('heading', { name: 'December 2026' }).waitFor();
  });
});
