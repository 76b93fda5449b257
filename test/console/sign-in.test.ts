import { rmSync } from 'node:fs';
import { type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, SignalboxProcess, TEST_KEY } from '../harness/signalbox-process.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { CHROMIUM, launchBrowser, Viewer } from './browser.ts';

describe.skipIf(CHROMIUM === null)('signing in to the console', () => {
  let home: string;
  let signalbox: SignalboxProcess;
  let browser: Browser;

  beforeAll(async () => {
    home = newTemporaryHome('console-sign-in-');
    signalbox = new SignalboxProcess(home, await freePort());
    [browser] = await Promise.all([launchBrowser(), signalbox.start()]);
  });

  afterAll(async () => {
    await browser?.close();
    await signalbox?.stop();
    rmSync(home, { recursive: true, force: true });
  });

  it('asks for a key, gives a session, and goes where the visitor wanted to', async () => {
    const viewer = await Viewer.open(browser, signalbox.url, { key: '' });
    await viewer.page.goto('/alerts?range=7d');
    await viewer.page.getByLabel('API key').fill('sbx_wrong');
    await viewer.page.getByRole('button', { name: 'Sign in' }).click();
    await viewer.page.getByRole('alert').waitFor();
    expect(await viewer.violations()).toEqual([]);

    await viewer.page.getByLabel('API key').fill(TEST_KEY);
    await viewer.page.getByRole('button', { name: 'Sign in' }).click();
    await viewer.page.getByRole('heading', { level: 1, name: 'Alerts' }).waitFor();
    expect(new URL(viewer.page.url()).search).toContain('range=7d');
    expect(await viewer.page.evaluate('JSON.stringify({ ...localStorage, ...sessionStorage })')).not.toContain(TEST_KEY);
    await viewer.close();
  });

  it.each([
    ['light', 1440],
    ['dark', 768],
  ] as const)('makes a page of its own that nothing is wrong with, in %s', async (theme, widthPx) => {
    const viewer = await Viewer.open(browser, signalbox.url, { key: '', theme, widthPx });
    await viewer.page.goto('/sign-in?problem=%22sign_in_account_disabled%22');
    await viewer.page.getByRole('alert').getByText('Your account is disabled').waitFor();
    expect(await viewer.page.getByRole('link', { name: 'Sign in with' }).count()).toBe(0);
    expect(await viewer.violations()).toEqual([]);
    expect(viewer.complaints).toEqual([]);
    await viewer.close();
  });

  it('goes nowhere else afterwards than to a view of its own', async () => {
    const viewer = await Viewer.open(browser, signalbox.url, { key: '' });
    await viewer.page.goto(`/sign-in?returnTo=${encodeURIComponent('//evil.example/')}`);
    await viewer.page.getByLabel('API key').fill(TEST_KEY);
    await viewer.page.getByRole('button', { name: 'Sign in' }).click();
    await viewer.page.getByRole('navigation', { name: 'Views' }).waitFor();
    expect(new URL(viewer.page.url()).origin).toBe(signalbox.url);
    await viewer.close();
  });
});
