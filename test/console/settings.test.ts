import { rmSync } from 'node:fs';
import { type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, SignalboxProcess, TEST_KEY } from '../harness/signalbox-process.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { CHROMIUM, launchBrowser, openDialog, Viewer } from './browser.ts';

interface Answer {
  readonly status: number;
  readonly body: any; // oxlint-disable-line typescript/no-explicit-any -- each test looks at its own fields
}

describe.skipIf(CHROMIUM === null)('settings', () => {
  let home: string;
  let signalbox: SignalboxProcess;
  let browser: Browser;

  beforeAll(async () => {
    home = newTemporaryHome('console-settings-');
    signalbox = new SignalboxProcess(home, await freePort());
    [browser] = await Promise.all([launchBrowser(), signalbox.start()]);
  });

  afterAll(async () => {
    await browser?.close();
    await signalbox?.stop();
    rmSync(home, { recursive: true, force: true });
  });

  async function call(path: string, { method = 'GET', key = TEST_KEY, body, headers = {} }: { method?: string; key?: string; body?: unknown; headers?: Record<string, string> } = {}): Promise<Answer> {
    const answer = await fetch(`${signalbox.url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: await answer.json() };
  }

  /** An account with a key of its own. */
  async function account(name: string, roles: readonly string[]): Promise<{ id: string; key: string }> {
    const { body } = await call('/accounts', { method: 'POST', body: { kind: 'user', name, roles } });
    const key = await call(`/accounts/${body.id}/keys`, { method: 'POST', body: { name: 'for the test', scopes: ['admin', 'traces'] } });
    return { id: body.id, key: key.body.secret };
  }

  const row = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name });

  it('shows a new key once and never again; it works until it is revoked', async () => {
    const viewer = await Viewer.open(browser, signalbox.url);
    const { page } = viewer;
    await viewer.goto('/settings');
    await page.getByRole('button', { name: 'Create a key' }).click();
    const dialog = openDialog(page);
    await dialog.getByRole('textbox', { name: 'Name' }).fill('dashboard');
    await dialog.getByRole('button', { name: 'Create the key' }).click();
    await dialog.getByText('give at least one scope').waitFor();
    expect(await viewer.violations()).toEqual([]);
    await dialog.getByRole('checkbox', { name: 'read', exact: true }).check();
    await dialog.getByRole('button', { name: 'Create the key' }).click();
    await dialog.getByText('Copy it now.').waitFor();
    const secret = await dialog.locator('code').innerText();
    expect(secret).toMatch(/^sbx_/);
    expect(await viewer.violations()).toEqual([]);
    expect((await call('/me', { key: secret })).body).toMatchObject({ name: 'admin', permissions: ['read'] });

    await dialog.getByRole('button', { name: 'I have stored it' }).click();
    await row(page, 'dashboard').waitFor();
    expect(await page.content()).not.toContain(secret);
    await page.reload();
    await row(page, 'dashboard').waitFor();
    expect(await page.content()).not.toContain(secret);
    expect(await page.evaluate('JSON.stringify({ ...localStorage, ...sessionStorage })')).not.toContain(secret);
    for (const path of ['/me/keys', '/keys']) expect(JSON.stringify((await call(path)).body)).not.toContain(secret);

    await page.getByRole('button', { name: 'Revoke dashboard' }).click();
    await openDialog(page).getByText('It cannot be brought back').waitFor();
    expect(await viewer.violations()).toEqual([]);
    await page.getByRole('button', { name: 'Revoke the key' }).click();
    await row(page, 'dashboard').getByText('revoked').waitFor();
    expect((await call('/me', { key: secret })).status).toBe(401);
    // A form that the server refuses is a failed request, which the browser notes.
    expect(viewer.complaints.filter((text) => !text.includes('400'))).toEqual([]);
    await viewer.close();
  });

  it('makes an account, gives it a role, and tells of a change by somebody else', async () => {
    const viewer = await Viewer.open(browser, signalbox.url);
    const { page } = viewer;
    await viewer.goto('/settings/accounts');
    await page.getByRole('button', { name: 'Create an account' }).click();
    const dialog = openDialog(page);
    await dialog.getByRole('textbox', { name: 'Name' }).fill('ada');
    await dialog.getByRole('checkbox', { name: 'viewer', exact: true }).check();
    await dialog.getByRole('button', { name: 'Create the account' }).click();
    await page.getByRole('heading', { name: 'ada' }).waitFor();
    await viewer.settled();
    expect(await viewer.violations()).toEqual([]);
    const id = decodeURIComponent(new URL(page.url()).pathname.split('/').at(-1)!);
    const read = async (): Promise<Answer['body']> => (await call(`/accounts/${id}`)).body;
    expect(await read()).toMatchObject({ kind: 'user', roles: ['viewer'], version: 1 });

    await page.getByRole('checkbox', { name: 'auditor', exact: true }).check();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('ada is changed').waitFor();
    expect(await read()).toMatchObject({ roles: ['viewer', 'auditor'], version: 2 });

    await call(`/accounts/${id}`, { method: 'PATCH', headers: { 'if-match': '"2"' }, body: { roles: ['operator'] } });
    await page.getByRole('checkbox', { name: 'releaser', exact: true }).check();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('alert').getByText('The account is at version 3 now: roles operator').waitFor();
    expect(await read()).toMatchObject({ roles: ['operator'] });
    await page.getByRole('button', { name: 'Show it as it stands now' }).click();
    await page.getByRole('checkbox', { name: 'operator', exact: true, checked: true }).waitFor();
    await page.getByRole('checkbox', { name: 'releaser', exact: true }).check();
    await page.getByRole('button', { name: 'Save' }).click();
    await expect.poll(read).toMatchObject({ roles: ['operator', 'releaser'], version: 4 });
    // The server knows before the page does, which would disable the version that it shows.
    await viewer.goto(`/settings/accounts/${encodeURIComponent(id)}`);

    await page.getByRole('button', { name: 'Disable' }).click();
    await page.getByRole('button', { name: 'Disable the account' }).click();
    await page.getByRole('button', { name: 'Enable', exact: true }).waitFor();
    expect((await read()).disabledAt).not.toBeNull();
    expect(viewer.complaints.filter((text) => !text.includes('412'))).toEqual([]);
    await viewer.close();
  });

  it('gives an account a key, and ends its sessions', async () => {
    const { id, key } = await account('grace', ['viewer']);
    const other = await Viewer.open(browser, signalbox.url, { key });
    const viewer = await Viewer.open(browser, signalbox.url);
    await viewer.goto(`/settings/accounts/${encodeURIComponent(id)}`);
    await viewer.page.getByRole('button', { name: 'Create a key' }).click();
    const dialog = openDialog(viewer.page);
    await dialog.getByRole('textbox', { name: 'Name' }).fill('bot');
    await dialog.getByLabel('Tenant').fill('acme');
    await dialog.getByRole('checkbox', { name: 'read', exact: true }).check();
    await dialog.getByRole('button', { name: 'Create the key' }).click();
    const secret = await dialog.locator('code').innerText();
    expect((await call('/me', { key: secret })).body).toMatchObject({ account: id, tenant: 'acme', permissions: ['read'] });
    await dialog.getByRole('button', { name: 'I have stored it' }).click();

    await viewer.page.getByRole('button', { name: 'End all' }).click();
    await viewer.page.getByRole('button', { name: 'End all sessions' }).click();
    await viewer.page.getByText('One session has ended').waitFor();
    await other.page.goto(`${signalbox.url}/settings`);
    await other.page.getByText('Your session has ended').waitFor();
    expect(await other.violations()).toEqual([]);

    await viewer.goto('/settings/tenants');
    await expect.poll(() => row(viewer.page, 'acme').innerText()).toMatch(/acme\s+0\s+1\s+0\s+0/);
    await Promise.all([viewer.close(), other.close()]);
  });

  it('explains to a viewer what is not theirs to see', async () => {
    const { key } = await account('vera', ['viewer']);
    const viewer = await Viewer.open(browser, signalbox.url, { key });
    for (const path of ['/settings/accounts', '/settings/keys', `/settings/accounts/${encodeURIComponent('user:00000000-0000-7000-8000-000000000001')}`]) {
      await viewer.goto(path);
      await viewer.page.getByText('This is not yours to see').waitFor();
      expect(await viewer.violations(), path).toEqual([]);
    }
    expect(await viewer.page.getByRole('link', { name: 'Users and services' }).count()).toBe(0);
    await viewer.goto('/settings');
    await viewer.page.getByText('See models, releases, usage, changes and alerts.').waitFor();
    expect(await viewer.page.getByText('Keep accounts, roles, keys and policies.').count()).toBe(0);
    const nobody = await account('nemo', []);
    const without = await Viewer.open(browser, signalbox.url, { key: nobody.key });
    await without.goto('/settings');
    await without.page.getByText('You may do nothing yet').waitFor();
    await without.goto('/settings/limits');
    await without.page.getByText('This is not yours to see').waitFor();
    expect(viewer.complaints).toEqual([]);
    await Promise.all([viewer.close(), without.close()]);
  });

  it.each(['light', 'dark'] as const)('has no fault that axe finds, in %s', async (theme) => {
    const viewer = await Viewer.open(browser, signalbox.url, { theme, widthPx: theme === 'dark' ? 768 : 1440 });
    const settled = { '': 'What you may do', '/accounts': 'Users and service accounts', '/keys': 'All keys', '/roles': 'What each may do', '/tenants': 'Tenants', '/limits': 'Retention', '/sign-in': 'With a provider' };
    for (const [path, heading] of Object.entries(settled)) {
      await viewer.goto(`/settings${path}`);
      await viewer.page.getByRole('heading', { level: 2, name: heading }).waitFor();
      await viewer.settled();
      expect(await viewer.violations(), path).toEqual([]);
    }
    expect(viewer.complaints).toEqual([]);
    await viewer.close();
  });
});
