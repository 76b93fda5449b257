import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, launchBrowser, Viewer } from './browser.ts';
import { EvaluationsHouse, heldOut } from './evaluations-house.ts';
import { toWebp } from './pictures.ts';

/** Set to write the pictures of evaluations in docs/console: `SIGNALBOX_SCREENSHOTS=1 npx vitest run --project system test/console/evaluations-run.test.ts`. */
const SCREENSHOTS = process.env['SIGNALBOX_SCREENSHOTS'];
const FOLDER = join(import.meta.dirname, '..', '..', 'docs', 'console');
const RUN_MS = 240_000;
const ALL_RUNS_MS = 1_800_000;

describe.skipIf(CHROMIUM === null)('an evaluation that is measured', () => {
  const house = new EvaluationsHouse();
  let browser: Browser;
  let stable: string;
  let candidate: string;

  beforeAll(async () => {
    [browser] = await Promise.all([launchBrowser(), house.start()]);
    stable = (await house.activation()).releaseId;
    candidate = await house.release('perturbed-expert', { experts: ['expert/2/3'], strength: 0.8 });
  });

  afterAll(async () => {
    await browser?.close();
    await house.stop();
  });

  it('is watched from the form to its verdict, and costs nothing a second time', async () => {
    const suite = await house.suite('held-out', heldOut(3));
    const viewer = await Viewer.open(browser, house.signalbox.url);
    const { page } = viewer;
    await viewer.goto('/evaluations/new');
    const form = page.getByRole('form', { name: 'Start an evaluation' });
    await expect.poll(() => form.getByLabel(/^Candidate/).inputValue()).toBe(candidate);
    await expect.poll(() => form.getByLabel(/^Reference/).inputValue()).toBe(stable);
    await expect.poll(() => form.getByLabel('Suite').inputValue()).toBe(suite);
    await house.hold();
    await form.getByRole('button', { name: 'Start' }).click();
    await page.getByRole('progressbar', { name: 'Steps done' }).waitFor();
    await house.letGo();
    await page.getByRole('heading', { name: 'What got worse, what got better' }).waitFor({ timeout: RUN_MS });
    await page.getByRole('figure', { name: /Difference of bits per byte in held-out/ }).getByRole('listitem').nth(4).waitFor();
    expect([await viewer.violations(), viewer.complaints, await viewer.overflow()]).toEqual([[], [], []]);
    const address = page.url();
    await page.getByRole('link', { name: 'Start one like it' }).click();
    await form.getByRole('button', { name: 'Start' }).click();
    await page.getByText('This was measured before').waitFor();
    await page.waitForURL((url) => url.pathname === new URL(address).pathname);
    await viewer.close();
  });

  it.skipIf(SCREENSHOTS === undefined)('is pictured for the documentation, one of each kind', async () => {
    const [own, safety] = [await house.shippedSuite('python-expert'), await house.shippedSuite('safety')];
    const attribution = await house.measured({ kind: 'attribution', candidate, reference: stable, suite: own, settings: { items: 32 } });
    const views = [
      ['evaluation', `/evaluations/${await house.measured({ kind: 'suite', candidate, reference: stable, suite: own })}`],
      ['evaluation-attribution', `/evaluations/${attribution}`],
      ['evaluation-concentration', `/evaluations/${await house.measured({ kind: 'concentration', candidate: stable, suite: safety })}`],
      ['evaluation-privacy', `/evaluations/${await house.measured({ kind: 'privacy', candidate: stable, suite: own })}`],
      ['evaluations', '/evaluations'],
    ] as const;
    for (const [theme, widthPx] of [['light', 1440], ['dark', 1440], ['light', 768], ['dark', 768]] as const) {
      const viewer = await Viewer.open(browser, house.signalbox.url, { theme, widthPx });
      const blank = await viewer.context.newPage();
      for (const [name, path] of views) {
        await viewer.goto(path);
        expect([path, await viewer.overflow(), viewer.complaints]).toEqual([path, [], []]);
        const height = Number(await viewer.page.evaluate('document.documentElement.scrollHeight'));
        await viewer.page.setViewportSize({ width: widthPx, height: Math.min(height, 1600) });
        await writeFile(join(FOLDER, `${name}-${theme}-${widthPx}.webp`), await toWebp(blank, await viewer.page.screenshot()));
      }
      await viewer.close();
    }
  }, ALL_RUNS_MS);
});
