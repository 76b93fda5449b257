import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, launchBrowser, Viewer } from './browser.ts';
import { toWebp } from './pictures.ts';
import { addressOf, viewsOf } from './sights.ts';
import { MODEL, type Sights, TouredHouse } from './toured-house.ts';

/** Set to a number of requests to write docs/console: `SIGNALBOX_SCREENSHOTS=1600 npx vitest run --project system test/console/tour.test.ts`. */
const SCREENSHOTS = process.env['SIGNALBOX_SCREENSHOTS'];
const FOLDER = join(import.meta.dirname, '..', '..', 'docs', 'console');
const WALK_MS = 900_000;

/** Without pictures two of them are enough to see what axe finds and what does not fit. */
const LOOKS = [
  ['light', 1440],
  ['dark', 1440],
  ['light', 768],
  ['dark', 768],
] as const;

describe.skipIf(CHROMIUM === null)('a tour of the console', () => {
  const house = new TouredHouse();
  let browser: Browser;
  let sights: Sights;

  beforeAll(async () => {
    [browser] = await Promise.all([launchBrowser(), house.start()]);
    sights = await house.furnish(Number(SCREENSHOTS ?? 120));
  });

  afterAll(async () => {
    await browser?.close();
    await house.stop();
  });

  it.each(SCREENSHOTS === undefined ? LOOKS.filter(([theme, widthPx]) => (theme === 'light') === (widthPx === 1440)) : LOOKS)('finds every view in the %s theme at %i px readable for all and without complaints', async (theme, widthPx) => {
    const viewer = await Viewer.open(browser, house.signalbox.url, { theme, widthPx });
    const wrong: string[] = [];
    const blank = await viewer.context.newPage();
    for (const view of viewsOf(sights)) {
      await viewer.goto(addressOf(view, MODEL));
      await view.act?.(viewer.page);
      const problems = [...(await viewer.violations()), ...viewer.complaints.splice(0), ...(await viewer.overflow())];
      wrong.push(...problems.map((problem) => `${view.path}: ${problem}`));
      if (SCREENSHOTS === undefined) continue;
      await mkdir(FOLDER, { recursive: true });
      await writeFile(join(FOLDER, `${view.name}-${theme}-${widthPx}.webp`), await toWebp(blank, await viewer.page.screenshot()));
    }
    expect(wrong).toEqual([]);
    await viewer.close();
  }, WALK_MS);
});
