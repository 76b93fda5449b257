import { type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, launchBrowser, Viewer } from './browser.ts';
import { MODEL, TouredHouse } from './toured-house.ts';

const [LAYER, EXPERT] = [1, 6];

describe.skipIf(CHROMIUM === null)('an expert is taken out of service in the console', () => {
  const house = new TouredHouse();
  let browser: Browser;

  beforeAll(async () => {
    [browser] = await Promise.all([launchBrowser(), house.start()]);
    await house.traffic(8);
  });

  afterAll(async () => {
    await browser?.close();
    await house.stop();
  });

  it('says what will happen, does it, shows it, and puts it back', async () => {
    const viewer = await Viewer.open(browser, house.signalbox.url);
    const { page } = viewer;
    await viewer.goto(`/experts/${LAYER}/${EXPERT}?model=${MODEL}`);
    const card = page.getByRole('region', { name: 'In service', exact: true });
    await card.getByText('serves', { exact: true }).waitFor();
    await card.getByRole('button', { name: 'Quarantine…' }).click();
    const dialog = page.getByRole('dialog', { name: `Quarantine expert ${EXPERT} of layer ${LAYER}` });
    await dialog.getByText(`gets no more tokens, in every release of ${MODEL}, those to come too, in the live process, at once.`).waitFor();
    await dialog.getByText('7 experts of the layer are left; each token selects 2.').waitFor();
    await expect.poll(() => dialog.getByRole('button', { name: 'Take it out of service' }).isDisabled()).toBe(true);
    expect(await viewer.violations()).toEqual([]);
    await dialog.getByLabel('Reason').fill('answers in the wrong language');
    await dialog.getByRole('button', { name: 'Take it out of service' }).click();
    await card.getByText('in quarantine', { exact: true }).waitFor();
    await card.getByText('“answers in the wrong language”').waitFor();
    const { items } = await house.get<{ items: readonly { id: string; layer: number; expert: number; reason: string }[] }>(`/models/${MODEL}/quarantines`);
    expect(items).toMatchObject([{ layer: LAYER, expert: EXPERT, reason: 'answers in the wrong language' }]);

    await viewer.goto(`/routing?model=${MODEL}`);
    const strip = page.getByRole('region', { name: 'Experts out of service' });
    await strip.getByText('One expert does not serve').waitFor();
    expect(await viewer.violations()).toEqual([]);
    await strip.getByRole('link', { name: `expert ${EXPERT} of layer ${LAYER}` }).click();

    await card.getByRole('button', { name: 'Lift…' }).click();
    await page.getByRole('dialog', { name: /^Lift the quarantine/ }).getByRole('button', { name: 'Put it back' }).click();
    await card.getByText('serves', { exact: true }).waitFor();
    expect((await house.get<{ items: readonly unknown[] }>(`/models/${MODEL}/quarantines`)).items).toEqual([]);
    expect(viewer.complaints).toEqual([]);
    await viewer.close();
  });
});
