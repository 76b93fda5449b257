import { execFile } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, SignalboxProcess, TEST_KEY } from '../harness/signalbox-process.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { until } from '../harness/until.ts';
import { CHROMIUM, launchBrowser, Viewer } from './browser.ts';

const CHECKPOINT_MS = 120_000;
const CLI = join(import.meta.dirname, '..', '..', 'dist', 'apps', 'cli', 'main.js');

describe.skipIf(CHROMIUM === null)('the audit log', () => {
  let home: string;
  let signalbox: SignalboxProcess;
  let browser: Browser;

  beforeAll(async () => {
    home = newTemporaryHome('console-audit-');
    signalbox = new SignalboxProcess(home, await freePort(), { SIGNALBOX_AUDIT_CHECKPOINT_SECONDS: '1' });
    [browser] = await Promise.all([launchBrowser(), signalbox.start()]);
  });

  afterAll(async () => {
    await browser?.close();
    await signalbox?.stop();
    rmSync(home, { recursive: true, force: true });
  });

  async function post(path: string, body: unknown, { method = 'POST', headers = {} }: { method?: string; headers?: Record<string, string> } = {}): Promise<any> { // oxlint-disable-line typescript/no-explicit-any -- each test looks at its own fields
    const sent = { method, headers: { authorization: `Bearer ${TEST_KEY}`, 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
    return (await fetch(`${signalbox.url}/api/v1${path}`, sent)).json();
  }

  it('finds the making of a key, and what it changed', async () => {
    const key = await post('/keys', { name: 'found by the audit', scopes: ['read'] });
    const viewer = await Viewer.open(browser, signalbox.url);
    const { page } = viewer;
    await viewer.goto('/audit');
    await page.getByLabel('Action, or an area').fill('key.*');
    await page.getByLabel('Subject, or a kind').fill(`key/${key.id}`);
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    await expect.poll(() => page.getByRole('table').getByRole('row').count()).toBe(2);
    expect(new URL(page.url()).searchParams.get('action')).toBe('key.*');
    expect(await viewer.violations()).toEqual([]);
    await page.getByRole('table').getByRole('link').click();
    await page.getByRole('heading', { level: 2, name: 'key.create' }).waitFor();
    const diff = page.getByRole('region', { name: 'The state before and after' });
    await expect.poll(() => diff.getByRole('row').filter({ hasText: 'scopes' }).innerText()).toMatch(/scopes\s+added\s+not there\s+read/);
    expect(await page.content()).not.toContain(key.secret);
    expect(await viewer.violations()).toEqual([]);
    expect(viewer.complaints).toEqual([]);
    await viewer.close();
  });

  it('shows what a change of an account changed, and narrows the list down by its cells', async () => {
    const account = await post('/accounts', { kind: 'user', name: 'ada', roles: ['viewer'] });
    await post(`/accounts/${account.id}`, { roles: ['viewer', 'auditor'] }, { method: 'PATCH', headers: { 'if-match': '"1"' } });
    const viewer = await Viewer.open(browser, signalbox.url);
    const { page } = viewer;
    await viewer.goto('/audit?subject=account/*');
    await page.getByRole('button', { name: 'account.change: only entries' }).click();
    await expect.poll(() => new URL(page.url()).searchParams.get('action')).toBe('account.change');
    await page.getByRole('table').getByRole('link').first().click();
    const diff = page.getByRole('region', { name: 'The state before and after' });
    await diff.getByRole('row').filter({ hasText: 'roles' }).getByText('viewer, auditor').waitFor();
    await expect.poll(() => diff.getByRole('row').count()).toBe(2);
    await page.getByRole('button', { name: 'that stayed the same' }).click();
    await diff.getByRole('row').filter({ hasText: 'email' }).waitFor();
    await viewer.close();
  });

  it('exports the log through the browser, and the file is verified without the server', async () => {
    const viewer = await Viewer.open(browser, signalbox.url);
    const { page } = viewer;
    await until(async () => (await signalbox.json<{ items: readonly unknown[] }>('/api/v1/audit/checkpoints')).items.length > 0, CHECKPOINT_MS, () => 'no checkpoint is signed');
    await viewer.goto('/audit/proof');
    await page.getByText('Signed checkpoints').first().waitFor({ state: 'attached' });
    expect(await viewer.violations()).toEqual([]);
    const command = await page.locator('code').filter({ hasText: 'signalbox audit verify' }).innerText();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Export the log' }).click()]);
    expect(download.suggestedFilename()).toMatch(/^signalbox-audit-.*\.ndjson$/);
    const file = join(home, 'signalbox-audit.ndjson');
    await download.saveAs(file);
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as { type: string; action?: string });
    expect([lines[0]?.type, lines.at(-1)?.type]).toEqual(['header', 'end']);
    expect(lines.some(({ action }) => action === 'audit.export')).toBe(true);
    // Without what npm says of the folder it was called in: the command looks there for its files.
    const { stdout } = await promisify(execFile)(process.execPath, [CLI, ...command.split(' ').slice(1)], { cwd: home, env: { PATH: process.env['PATH'] } });
    expect(stdout).toContain('entries');
    await viewer.close();
  });

  it('explains itself to who may not read it', async () => {
    const account = await post('/accounts', { kind: 'user', name: 'vera', roles: ['viewer'] });
    const { secret } = await post(`/accounts/${account.id}/keys`, { name: 'vera', scopes: ['read'] });
    const viewer = await Viewer.open(browser, signalbox.url, { key: secret });
    for (const path of ['/audit', '/audit/proof', '/audit/entries/1']) {
      await viewer.goto(path);
      await viewer.page.getByText('It needs the permission audit').waitFor();
      expect(await viewer.violations(), path).toEqual([]);
    }
    expect(viewer.complaints).toEqual([]);
    await viewer.close();
  });

  it.each(['light', 'dark'] as const)('has no fault that axe finds, in %s', async (theme) => {
    const viewer = await Viewer.open(browser, signalbox.url, { theme, widthPx: theme === 'dark' ? 768 : 1440 });
    for (const path of ['/audit', '/audit?action=nothing.at.all', '/audit/proof', '/audit/entries/1']) {
      await viewer.goto(path);
      expect(await viewer.violations(), path).toEqual([]);
    }
    expect(viewer.complaints).toEqual([]);
    await viewer.close();
  });
});
