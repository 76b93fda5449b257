import { rmSync } from 'node:fs';
import { type Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CLIENT, SignInProvider } from '../access/sign-in-provider.ts';
import { freePort, SignalboxProcess } from '../harness/signalbox-process.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { CHROMIUM, launchBrowser, Viewer } from './browser.ts';

describe.skipIf(CHROMIUM === null)('signing in with a provider', () => {
  const provider = new SignInProvider();
  let home: string;
  let signalbox: SignalboxProcess;
  let browser: Browser;

  beforeAll(async () => {
    await provider.listen();
    home = newTemporaryHome('console-oidc-');
    signalbox = new SignalboxProcess(home, await freePort(), {
      SIGNALBOX_OIDC_ISSUER: provider.issuer,
      SIGNALBOX_OIDC_NAME: 'Example SSO',
      SIGNALBOX_OIDC_CLIENT_ID: CLIENT.clientId,
      SIGNALBOX_OIDC_CLIENT_SECRET: CLIENT.clientSecret,
      SIGNALBOX_OIDC_ROLE_CLAIM: 'groups',
      SIGNALBOX_OIDC_ROLE_MAP: 'sb-ops=operator,sb-admins=admin',
      SIGNALBOX_OIDC_EMAIL_DOMAINS: 'example.org',
    });
    provider.serve(`${signalbox.url}/api/v1/session/oidc/callback`);
    [browser] = await Promise.all([launchBrowser(), signalbox.start()]);
  });

  afterAll(async () => {
    await browser?.close();
    await signalbox?.stop();
    await provider.stop();
    rmSync(home, { recursive: true, force: true });
  });

  beforeEach(() => {
    provider.user = { sub: 'ada', name: 'Ada Example', email: 'ada@example.org', email_verified: true, groups: ['sb-ops'] };
  });

  it('leads to the provider and back to where one wanted to be', async () => {
    const viewer = await Viewer.open(browser, signalbox.url, { key: '' });
    const { page } = viewer;
    await page.goto(`${signalbox.url}/sign-in?returnTo=${encodeURIComponent('/settings?range=7d')}`);
    const link = page.getByRole('link', { name: 'Sign in with Example SSO' });
    await link.waitFor();
    expect(await viewer.violations()).toEqual([]);
    await link.click();
    await page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor();
    expect(new URL(page.url()).search).toBe('?range=7d');
    await page.getByRole('button', { name: 'Ada Example' }).waitFor();
    await page.getByText('Promote, roll back, recall and silence').waitFor();
    expect(await page.getByText('Keep accounts, roles').count()).toBe(0);
    expect(viewer.complaints).toEqual([]);

    await page.getByRole('button', { name: 'Ada Example' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await link.waitFor();
    await viewer.close();
  });

  it('shows an administrator who gets which role, and others not', async () => {
    provider.user = { ...provider.user, sub: 'root', groups: ['sb-admins'] };
    const viewer = await Viewer.open(browser, signalbox.url, { key: '' });
    await viewer.page.goto(`${signalbox.url}/sign-in?returnTo=/settings/sign-in`);
    await viewer.page.getByRole('link', { name: 'Sign in with Example SSO' }).click();
    await viewer.page.getByRole('row').filter({ hasText: 'sb-ops' }).getByText('operator').waitFor();
    expect(await viewer.page.content()).not.toContain(CLIENT.clientSecret);
    expect(await viewer.violations()).toEqual([]);
    await viewer.close();
  });

  it.each([
    [{ email: 'eve@evil.example' }, 'of a domain that may not sign in here'],
    [{ email_verified: false }, 'no verified e-mail address of you'],
  ])('says on the page why %j was not let in', async (over, why) => {
    provider.user = { ...provider.user, sub: `stranger-${why.length}`, ...over };
    const viewer = await Viewer.open(browser, signalbox.url, { key: '', theme: 'dark' });
    await viewer.page.goto(`${signalbox.url}/sign-in`);
    await viewer.page.getByRole('link', { name: 'Sign in with Example SSO' }).click();
    await viewer.page.getByRole('alert').getByText(why).waitFor();
    expect(await viewer.violations()).toEqual([]);
    await viewer.close();
  });
});
