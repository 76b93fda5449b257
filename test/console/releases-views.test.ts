import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../harness/until.ts';
import { CHROMIUM, openDialog, Viewer } from './browser.ts';
import { MODEL, ReleasesHouse, roleOf } from './releases-house.ts';

const HOSTILE = `"><img src=x onerror="window.taken=1"><script>window.taken=1</script>`;

describe.skipIf(CHROMIUM === null)('the views of releases', () => {
  const house = new ReleasesHouse('console-releases-views-');
  let candidate: string;
  let stable: string;
  let expert: string;
  let rolloutId: string;

  beforeAll(async () => {
    await house.start();
    stable = (await house.activation()).releaseId;
    candidate = await house.release('retuned', { experts: ['expert/3/5'] });
    expert = (await house.call<{ manifest: { components: Record<string, string> } }>(`/releases/${candidate}`)).manifest.components['expert/3/5']!;
    const { card } = await house.call<{ card: { revision: number } }>(`/components/${expert}`);
    await house.call(`/components/${expert}/card`, { method: 'PUT', headers: { 'if-match': `"${card.revision}"` }, body: { title: HOSTILE, forUse: HOSTILE, owner: HOSTILE, licence: HOSTILE, madeHow: HOSTILE } });
    const plan = {
      model: MODEL, candidate, stickyBy: 'request', shadowShare: 1,
      steps: [{ share: 0.5, bakeMs: 0, minRequests: 5, maxMs: 600_000 }, { share: 0.6, bakeMs: 600_000, minRequests: 5000, maxMs: 1_200_000 }],
      guards: [{ kind: 'error-rate', margin: 0.2, minObservations: 2 }, { kind: 'output-divergence', minObservations: 1 }],
    };
    rolloutId = (await house.call<{ id: string }>('/rollouts', { method: 'POST', body: { plan, reason: 'to be looked at' } })).id;
    await until(async () => (await house.activation()).converged, 120_000);
  });
  afterAll(() => house.stop());

  it('show a rollout in progress with what each guard says, pause it, go on and abort it', async () => {
    const viewer = await Viewer.open(house.browser, house.signalbox.url);
    const { page } = viewer;
    await viewer.goto('/releases/rollouts');
    await page.getByRole('row').filter({ hasText: candidate.slice(0, 10) }).getByText('in progress').waitFor();
    await viewer.goto(`/releases/rollouts/${rolloutId}`);
    await page.getByText('The candidate has not answered enough requests in this step.').first().waitFor();
    await house.requests(30);
    // Live: the first step passes and the second begins while one looks.
    await page.getByRole('listitem').filter({ hasText: 'Step 1: 50%' }).getByText('passed', { exact: true }).waitFor();
    await page.getByRole('listitem').filter({ hasText: 'Step 2: 60%' }).getByText('in progress').waitFor();
    await page.getByRole('img', { name: /^Error rate: effect .* margin 20%; evidence / }).waitFor();
    await page.getByRole('img', { name: /^Output divergence/ }).waitFor();
    await page.getByRole('cell', { name: 'continue' }).first().waitFor();
    expect(await viewer.violations()).toEqual([]);

    const dialog = openDialog(page);
    await page.getByRole('button', { name: 'Pause…' }).click();
    await dialog.getByText('keeps 60% of the requests in scope').waitFor();
    await dialog.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('Somebody paused it.').first().waitFor();
    await page.getByRole('button', { name: 'Resume…' }).click();
    await dialog.getByRole('button', { name: 'Resume' }).click();
    await page.getByRole('button', { name: 'Pause…' }).waitFor();
    await page.getByRole('button', { name: 'Abort…' }).click();
    await dialog.getByText(`All requests go back to release ${stable.slice(0, 10)} at once.`).waitFor();
    await dialog.getByLabel('Reason (optional)').fill('seen enough');
    await dialog.getByRole('button', { name: 'Abort' }).click();
    await page.getByText('Somebody aborted it: all requests went back to the stable release.').first().waitFor();
    expect(await house.activation()).toMatchObject({ releaseId: stable, canary: null });
    expect(viewer.complaints).toEqual([]);
    await viewer.close();
  });

  it('start a rollout from the form, with the field named that the server refuses', async () => {
    const viewer = await Viewer.open(house.browser, house.signalbox.url);
    const { page } = viewer;
    await viewer.goto(`/releases/rollouts/new?candidate=${candidate}`);
    const first = page.getByRole('group', { name: 'Step 1' });
    await first.getByLabel('At most, min').fill('1');
    await page.getByRole('button', { name: 'Start the rollout…' }).click();
    const dialog = openDialog(page);
    await dialog.getByRole('button', { name: 'Start the rollout' }).click();
    await first.getByText(/at least bakeMs/).waitFor();
    await first.getByLabel('At most, min').fill('60');
    await page.getByRole('button', { name: 'Start the rollout…' }).click();
    await dialog.getByText('5% of the requests in scope at once').waitFor();
    await dialog.getByRole('button', { name: 'Start the rollout' }).click();
    await page.getByRole('heading', { level: 1, name: `Rollout of ${candidate.slice(0, 10)}` }).waitFor();
    expect((await house.activation()).canary).toMatchObject({ releaseId: candidate, share: 0.05 });
    expect(viewer.complaints.filter((text) => !text.includes('400'))).toEqual([]);
    await viewer.close();
  });

  it('are free of what axe finds and of errors, light and dark, wide and narrow; what people wrote on a card stays text', async () => {
    const paths = ['/releases', '/releases/list', '/releases/components', '/releases/imports', '/releases/trust', '/releases/rollouts', '/releases/rollouts/new', `/releases/${candidate}`, `/releases/compare?a=${stable}&b=${candidate}`, `/releases/components/${expert}`];
    for (const [theme, widthPx] of [['light', 1440], ['dark', 768]] as const) {
      const viewer = await Viewer.open(house.browser, house.signalbox.url, { theme, widthPx });
      for (const path of paths) {
        await viewer.goto(path);
        expect(await viewer.violations(), `${path} ${theme}`).toEqual([]);
        expect(await viewer.page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'), `${path} is wider than its window`).toBe(0);
      }
      await viewer.page.getByText(HOSTILE).first().waitFor();
      expect(await viewer.page.evaluate(`window.taken ?? document.querySelector('main img')`)).toBeNull();
      expect(viewer.complaints).toEqual([]);
      await viewer.close();
    }
  });

  it('write a card with what was seen, and tell when somebody else wrote it since', async () => {
    const viewer = await Viewer.open(house.browser, house.signalbox.url);
    const { page } = viewer;
    await viewer.goto(`/releases/components/${expert}`);
    await page.getByRole('button', { name: 'Edit the card' }).click();
    await page.getByLabel('Owner: who answers for it').fill('models@example.com');
    const { card } = await house.call<{ card: { revision: number } }>(`/components/${expert}`);
    await house.call(`/components/${expert}/card`, { method: 'PUT', headers: { 'if-match': `"${card.revision}"` }, body: { title: 'Biology' } });
    await page.getByRole('button', { name: 'Save the card' }).click();
    // The card as it was cannot be edited while it is read again: saving that would be refused a second time.
    const reading = Promise.withResolvers<void>();
    const answering = Promise.withResolvers<void>();
    await page.route(`**/api/v1/components/${expert}`, async (route) => {
      reading.resolve();
      await answering.promise;
      await route.continue();
    });
    await page.getByRole('button', { name: 'Drop what I wrote and read the card again' }).click();
    await reading.promise;
    expect(await page.getByRole('button', { name: 'Edit the card' }).count()).toBe(0);
    answering.resolve();
    await page.getByRole('button', { name: 'Edit the card' }).click();
    expect(await page.getByLabel('Title').inputValue()).toBe('Biology');
    await page.getByLabel('Owner: who answers for it').fill('models@example.com');
    await page.getByRole('button', { name: 'Save the card' }).click();
    await page.getByText('models@example.com').waitFor();
    expect((await house.call<{ card: object }>(`/components/${expert}`)).card).toMatchObject({ title: 'Biology', owner: 'models@example.com' });
    expect(viewer.complaints.filter((text) => !text.includes('412'))).toEqual([]);
    await viewer.close();
  });

  it('show a viewer the state, and nothing to do about it', async () => {
    const viewer = await Viewer.open(house.browser, house.signalbox.url, { key: await house.key('vera', ['viewer']) });
    const { page } = viewer;
    await viewer.goto('/releases');
    await roleOf(page, 'Stable').getByRole('link', { name: stable.slice(0, 10) }).waitFor();
    await page.getByText('You may look at what serves, not change it').waitFor();
    expect(await page.getByRole('main').getByRole('button', { name: /…$/ }).count()).toBe(0);
    // Not by its address either.
    await viewer.goto('/releases?command=promote');
    expect(await openDialog(page).count()).toBe(0);
    await viewer.goto(`/releases/components/${expert}`);
    expect(await page.getByRole('button', { name: /Recall|Edit the card/ }).count()).toBe(0);
    expect(viewer.complaints).toEqual([]);
    await viewer.close();
  });

  it('recall a version: what becomes unusable is named first, and told afterwards', async () => {
    const viewer = await Viewer.open(house.browser, house.signalbox.url);
    const { page } = viewer;
    await viewer.goto(`/releases/components/${expert}`);
    await page.getByRole('button', { name: 'Recall…' }).click();
    const dialog = openDialog(page);
    await dialog.getByText(`1 release holds it and becomes unusable: ${candidate.slice(0, 10)}.`).waitFor();
    await dialog.getByText(new RegExp(`${MODEL}: its canary ${candidate.slice(0, 10)} ends`)).waitFor();
    await expect.poll(() => dialog.getByRole('button', { name: 'Recall it everywhere' }).isDisabled()).toBe(true);
    await dialog.getByLabel('Reason').fill('It gives out addresses.');
    await dialog.getByRole('button', { name: 'Recall it everywhere' }).click();
    await page.getByText('Recalled: no release that holds it can be chosen.').waitFor();
    await page.getByRole('button', { name: 'List them' }).click();
    await page.getByText(/Looked at \d+ requests/).waitFor();
    await viewer.goto(`/releases/${candidate}`);
    await page.getByText('It holds recalled components: it cannot be chosen any more.').waitFor();
    expect(await house.activation()).toMatchObject({ releaseId: stable, canary: null });
    expect(viewer.complaints).toEqual([]);
    await viewer.close();
  });
});
