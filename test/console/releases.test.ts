import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, openDialog, Viewer } from './browser.ts';
import { MODEL, ReleasesHouse, roleOf } from './releases-house.ts';

describe.skipIf(CHROMIUM === null)('a re-tuned checkpoint on its way to all requests and back', () => {
  const house = new ReleasesHouse('console-releases-');
  beforeAll(() => house.start());
  afterAll(() => house.stop());

  it('is imported, compared with its parent, tried as a canary, promoted and rolled back', async () => {
    const directory = await house.checkpoint('retuned', { experts: ['expert/3/5'], strength: 0.05 });
    const { releaseId: first } = await house.activation();
    const viewer = await Viewer.open(house.browser, house.signalbox.url);
    const { page } = viewer;
    await viewer.goto('/releases/imports');
    await page.getByLabel('Folder: absolute path on the server').fill(directory);
    await page.getByLabel('Note: why, for people').fill('tuned on biology');
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    const row = page.getByRole('row').filter({ hasText: directory });
    await row.getByText('succeeded').waitFor();
    await row.getByText('1 of 32 experts changed (expert/3/5)').waitFor();
    await row.getByRole('link').click();

    await page.getByRole('heading', { level: 1, name: /^Release / }).waitFor();
    await viewer.settled();
    const candidate = new URL(page.url()).pathname.split('/').at(-1)!;
    await page.getByText('It has never answered.').waitFor();
    await page.getByRole('link', { name: 'Compare with its parent' }).click();
    await page.getByRole('heading', { level: 2, name: 'Experts: 1 changed' }).waitFor();
    await page.getByRole('button', { name: 'Compare weights of expert/3/5' }).click();
    const weights = page.getByRole('table', { name: 'Weights of expert/3/5' });
    // The fixture moves each weight by 5 % of the tensor's scale.
    await expect.poll(() => weights.getByRole('row').filter({ hasText: 'down_proj' }).textContent()).toMatch(/320 F16(4\.9|5|5\.0)\d?%/);

    await page.goBack();
    await page.getByRole('link', { name: 'Start a canary…' }).click();
    const dialog = openDialog(page);
    await dialog.getByText('1 component differs from release').waitFor();
    await dialog.getByText(/Each process loads 1 component first/).waitFor();
    await dialog.getByLabel('Share of the requests, %').fill('10');
    await dialog.getByText(`10% of the requests in scope go to release ${candidate.slice(0, 10)}`).waitFor();
    await dialog.getByLabel('Reason (optional)').fill('first look');
    await dialog.getByRole('button', { name: 'Start a canary' }).click();
    await roleOf(page, 'Canary').getByText('10% of all requests').waitFor();
    await page.getByText('1 of 1 live process serves generation 2').waitFor();
    expect((await house.activation()).canary).toMatchObject({ releaseId: candidate, share: 0.1 });

    await page.getByRole('button', { name: 'Change share…' }).click();
    await dialog.getByLabel('Share of the requests, slider').fill('40');
    await dialog.getByText('gets 40% of the requests in scope in place of 10%').waitFor();
    await dialog.getByRole('button', { name: 'Change the share of the canary' }).click();
    await roleOf(page, 'Canary').getByText('40% of all requests').waitFor();

    await page.getByRole('button', { name: 'Promote…' }).click();
    await dialog.getByText(`are answered by release ${candidate.slice(0, 10)} in place of release ${first.slice(0, 10)}`).waitFor();
    await dialog.getByRole('button', { name: 'Promote the canary' }).click();
    await roleOf(page, 'Stable').getByRole('link', { name: candidate.slice(0, 10) }).waitFor();
    await page.getByText('1 of 1 live process serves generation 4').waitFor();

    await page.getByRole('button', { name: 'Roll back…' }).click();
    await dialog.getByText('is in memory still, so it takes effect at once').waitFor();
    await dialog.getByText('1 component differs from release').waitFor();
    await dialog.getByLabel('Reason (optional)').fill('answers in the wrong language');
    await dialog.getByRole('button', { name: 'Roll back' }).click();
    await roleOf(page, 'Stable').getByRole('link', { name: first.slice(0, 10) }).waitFor();
    await roleOf(page, 'Way back').getByText('There is nothing to go back to.').waitFor();
    await page.getByText('“answers in the wrong language”').waitFor();
    await page.getByText('1 of 1 live process serves generation 5').waitFor();
    expect(await house.activation()).toMatchObject({ releaseId: first, previousRelease: null, canary: null, converged: true });

    await viewer.goto(`/releases/${candidate}`);
    const served = page.getByRole('region', { name: 'Served' });
    await served.getByText('stable').waitFor();
    await expect.poll(() => served.getByRole('listitem').count()).toBe(2);
    expect(viewer.complaints).toEqual([]);
    await viewer.close();
  });

  it('shows who did what when somebody was faster, and asks anew with what holds now', async () => {
    const { releaseId: stable } = await house.activation();
    const { items } = await house.call<{ items: { releaseId: string }[] }>('/releases');
    const candidate = items.find(({ releaseId }) => releaseId !== stable)!.releaseId;
    await house.command('canary', 'POST', { release: candidate, share: 0.1 });
    const viewer = await Viewer.open(house.browser, house.signalbox.url);
    const { page } = viewer;
    await viewer.goto('/releases');
    await page.getByRole('button', { name: 'Promote…' }).click();
    const dialog = openDialog(page);
    await dialog.getByText('1 component differs').waitFor();
    await house.command('canary/share', 'PUT', { share: 0.3, reason: 'more traffic' });
    await dialog.getByRole('button', { name: 'Promote the canary' }).click();
    await dialog.getByRole('alert').getByText(/admin .* did set-canary-share at .*: more traffic/).waitFor();
    expect((await house.activation()).releaseId).toBe(stable);
    expect(await viewer.violations()).toEqual([]);
    await dialog.getByRole('button', { name: 'Read it again and decide anew' }).click();
    await dialog.getByRole('alert').waitFor({ state: 'detached' });
    await dialog.getByText('1 component differs').waitFor();
    await dialog.getByRole('button', { name: 'Promote the canary' }).click();
    await roleOf(page, 'Stable').getByRole('link', { name: candidate.slice(0, 10) }).waitFor();
    // The browser itself notes the answer 412.
    expect(viewer.complaints.filter((text) => !text.includes('412'))).toEqual([]);
    await viewer.close();
  });

  it('is asked for by a change request where the model changes only by approved ones; the way back stays', async () => {
    await house.call(`/models/${MODEL}/governance`, { method: 'PUT', body: { mode: 'required', reason: 'It serves customers now.' }, headers: { 'if-match': '"0"' } });
    const viewer = await Viewer.open(house.browser, house.signalbox.url);
    const { page } = viewer;
    await viewer.goto('/releases');
    await page.getByRole('button', { name: 'Roll back…' }).waitFor();
    await page.getByRole('link', { name: 'Open a change request' }).waitFor();
    expect(await page.getByRole('button', { name: /Activate a release|Start a canary|Run a shadow/ }).count()).toBe(0);
    await page.getByRole('link', { name: 'Open a change request' }).click();
    await page.waitForURL(/\/changes\/new\?.*kind=activate/);
    await viewer.close();
  });
});
