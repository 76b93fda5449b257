import { type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, untilFocused, Viewer } from './browser.ts';
import { ReleasesHouse, roleOf } from './releases-house.ts';

/** More stops than any of the views has before what is looked for. */
const MAX_STOPS = 80;
/** The name of what has the focus, and whether the focus can be seen. */
const FOCUSED = `(() => {
  const at = document.activeElement;
  const style = getComputedStyle(at);
  return { name: at.getAttribute('aria-label') ?? (at.labels?.[0] ?? at).textContent.trim(), isSeen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 };
})()`;

/** Goes on by Tab until what bears the name has the focus; every stop on the way must show it. */
async function tabTo(page: Page, name: string): Promise<void> {
  const passed: string[] = [];
  for (let stop = 0; stop < MAX_STOPS; stop += 1) {
    await page.keyboard.press('Tab');
    const focused = (await page.evaluate(FOCUSED)) as { name: string; isSeen: boolean };
    passed.push(focused.name);
    if (!focused.isSeen) throw new Error(`the focus cannot be seen on ${focused.name}`);
    if (focused.name === name) return;
  }
  throw new Error(`${name} is not among the stops: ${passed.join(' | ')}`);
}

describe.skipIf(CHROMIUM === null)('a roll back by keyboard alone', () => {
  const house = new ReleasesHouse('console-rollback-');
  beforeAll(() => house.start());
  afterAll(() => house.stop());

  it('leads from the overview to the release before, and says so', async () => {
    const { releaseId: first } = await house.activation();
    const candidate = await house.release('retuned', { experts: ['expert/2/1'], scramble: true });
    await house.command('activation', 'PUT', { release: candidate });
    const viewer = await Viewer.open(house.browser, house.signalbox.url);
    const { page } = viewer;
    await viewer.goto('/');
    await tabTo(page, 'Releases');
    await page.keyboard.press('Enter');
    await roleOf(page, 'Stable').getByRole('link', { name: candidate.slice(0, 10) }).waitFor();
    await tabTo(page, 'Roll back…');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: /^Roll back/ });
    await dialog.getByText(`are answered by release ${first.slice(0, 10)} in place of release ${candidate.slice(0, 10)}`).waitFor();
    await dialog.getByText('1 component differs').waitFor();
    await untilFocused(dialog);

    // Escape leaves everything as it was and gives the focus back.
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await page.evaluate(FOCUSED)).toMatchObject({ name: 'Roll back…' });
    expect((await house.activation()).releaseId).toBe(candidate);

    await page.keyboard.press('Enter');
    await dialog.getByText('1 component differs').waitFor();
    await untilFocused(dialog);
    await tabTo(page, 'Reason (optional)');
    await page.keyboard.type('its answers are noise');
    await tabTo(page, 'Roll back');
    await page.keyboard.press('Enter');
    await roleOf(page, 'Stable').getByRole('link', { name: first.slice(0, 10) }).waitFor();
    await page.getByText('1 of 1 live process serves generation 3').waitFor();
    await page.getByText('“its answers are noise”').waitFor();
    expect(await house.activation()).toMatchObject({ releaseId: first, previousRelease: null, converged: true });
    expect(viewer.complaints).toEqual([]);
    await viewer.close();
  });
});
