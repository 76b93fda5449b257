import { type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, launchBrowser, Viewer, type ViewerOptions } from './browser.ts';
import { MODEL, TouredHouse } from './toured-house.ts';

/** Within this, what changed elsewhere must show by itself. */
const SOON_MS = 120_000;

describe.skipIf(CHROMIUM === null)('the overview', () => {
  const house = new TouredHouse();
  let browser: Browser;

  beforeAll(async () => {
    [browser] = await Promise.all([launchBrowser(), house.start()]);
  });
  afterAll(async () => {
    await browser?.close();
    await house.stop();
  });

  const open = async (options: ViewerOptions = {}): Promise<Viewer> => {
    const viewer = await Viewer.open(browser, house.signalbox.url, options);
    await viewer.goto('/?range=1h');
    return viewer;
  };
  const sentence = (viewer: Viewer, text: string | RegExp) => viewer.page.getByRole('region', { name: `Health of ${MODEL}` }).getByRole('heading', { name: text });
  const soon = { timeout: SOON_MS };

  it('without traffic it says how to send some, then shows it without a reload', async () => {
    const viewer = await open();
    await sentence(viewer, /without traffic to judge by/).waitFor(soon);
    const how = viewer.page.getByRole('region', { name: 'No traffic to show in this time' });
    await expect.poll(() => how.getByRole('region', { name: 'The request' }).textContent()).toContain(`curl ${house.signalbox.url}/v1/completions`);
    await how.getByRole('button', { name: 'Copy the request' }).waitFor();
    const barriers = await viewer.violations();
    await house.traffic(40);
    expect(barriers).toEqual([]);
    await sentence(viewer, /All is well/).waitFor(soon);
    await viewer.page.getByRole('figure', { name: 'Requests by minute' }).waitFor(soon);
    await viewer.page.getByRole('list', { name: 'Layers' }).getByRole('link', { name: 'Layer 3' }).waitFor(soon);
    expect(viewer.complaints).toEqual([]);
    await viewer.close();
  });

  it('turns when an alert fires, and leads to it', async () => {
    const viewer = await open();
    await sentence(viewer, /All is well/).waitFor(soon);
    await house.post('/alert-rules', { id: 'uneven', name: 'Uneven layer', signal: 'collapse', limits: [{ severity: 'critical', is: 'below', limit: 1 }], timing: { forMs: 0, keepFiringForMs: 3_600_000, noDataAfterMs: 86_400_000 } });
    await house.traffic(8);
    await sentence(viewer, /Uneven layer in layer \d/).waitFor(soon);
    await viewer.page.getByRole('region', { name: /alerts? fires?$/ }).getByRole('link', { name: /Uneven layer, layer/ }).first().waitFor(soon);
    await viewer.page.getByRole('region', { name: 'What changed lately' }).getByRole('link', { name: /Uneven layer \(layer \d, release [0-9a-f]+\) fires/ }).first().waitFor(soon);
    expect(viewer.complaints).toEqual([]);
    await viewer.page.getByRole('region', { name: `Health of ${MODEL}` }).getByRole('link', { name: /Uneven layer/ }).first().click();
    await viewer.page.waitForURL(/\/alerts\/[0-9a-f]{64}/);
    await viewer.close();
  });

  it('shows a canary that was started elsewhere within seconds, and the rollout of what changed', async () => {
    const candidate = await house.importRetuned({ experts: ['expert/2/5'], strength: 0.2 }, 'retuned');
    const viewer = await open();
    const { generation } = await house.get<{ generation: number }>(`/models/${MODEL}/activation`);
    await viewer.page.getByText('Updates: Live').waitFor(soon);
    const startedMs = Date.now();
    await house.send('POST', `/api/v1/models/${MODEL}/canary`, { release: candidate, share: 0.25, stickyBy: 'request' }, { 'if-match': `"${generation}"` });
    const serving = viewer.page.getByRole('region', { name: 'Serving' });
    await serving.getByText('25% of requests').waitFor(soon);
    process.stdout.write(`overview: a canary started by the API showed after ${Date.now() - startedMs} ms\n`);
    await serving.getByText(/in sync/).waitFor(soon);
    await viewer.page.getByRole('link', { name: `Canary ${candidate.slice(0, 10)} started at 25 %` }).click();
    await viewer.page.waitForURL(new RegExp(`/releases/${candidate}`));
    expect(viewer.complaints).toEqual([]);
    await viewer.close();
  });

  it.each([['light', 1440], ['dark', 768]] as const)('has no barriers: %s, %i px', async (theme, widthPx) => {
    const viewer = await open({ theme, widthPx });
    await viewer.page.getByRole('figure', { name: 'Requests by minute' }).waitFor(soon);
    await viewer.page.getByRole('region', { name: 'What changed lately' }).waitFor(soon);
    expect(await viewer.violations()).toEqual([]);
    expect(await viewer.page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    expect(viewer.complaints).toEqual([]);
    await viewer.close();
  });

  it('shows the layers as a table too', async () => {
    const viewer = await open();
    const figure = viewer.page.getByRole('figure', { name: /Entropy and MaxVio of each layer/ });
    await figure.getByRole('button', { name: 'Table' }).click();
    await expect.poll(() => figure.getByRole('row').count()).toBe(5);
    await viewer.close();
  });

  it('says when the server is away, and goes on by itself when it is back', async () => {
    const viewer = await open();
    await viewer.page.getByText('Updates: Live').waitFor(soon);
    expect(await house.signalbox.stop()).toBe(0);
    await viewer.page.getByText(/Updates: (Reconnecting|Offline)/).waitFor(soon);
    await house.signalbox.start();
    await viewer.page.getByText('Updates: Live').waitFor(soon);
    await house.send('POST', `/api/v1/models/${MODEL}/abort`, { reason: 'enough' });
    await viewer.page.getByRole('link', { name: /^Canary \w+ ended/ }).waitFor(soon);
    await viewer.close();
  });
});
