import { type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../harness/until.ts';
import { CHROMIUM, launchBrowser, Viewer } from './browser.ts';
import { MODEL, TouredHouse } from './toured-house.ts';

const [LAYER, EXPERT] = [2, 5];

interface UsageLayer {
  readonly load: readonly number[];
  readonly share: readonly number[];
}
interface Usage {
  readonly groups: readonly { readonly group: string; readonly requests: number; readonly layers: readonly UsageLayer[] }[];
}

describe.skipIf(CHROMIUM === null)('the page of an expert', () => {
  const house = new TouredHouse();
  let browser: Browser;
  let sha256: string;

  beforeAll(async () => {
    [browser] = await Promise.all([launchBrowser(), house.start()]);
    await house.traffic(48);
    const { releaseId } = await house.get<{ releaseId: string }>(`/models/${MODEL}/activation`);
    await house.importRetuned({ experts: [`expert/${LAYER}/${EXPERT}`], strength: 0.2 }, 'retuned');
    sha256 = (await house.get<{ manifest: { components: Readonly<Record<string, string>> } }>(`/releases/${releaseId}`)).manifest.components[`expert/${LAYER}/${EXPERT}`]!;
    await house.send('PUT', `/api/v1/components/${sha256}/card`, { title: 'Legal expert', forUse: 'Contracts <b>only</b>' }, { 'if-match': '"0"' });
    await house.send('PUT', `/api/v1/models/${MODEL}/data-rules`, { rules: [{ id: 'eu-only', expert: `expert/${LAYER}/${EXPERT}`, effect: 'allow-only', regions: ['eu'] }] }, { 'if-match': '"0"' });
    await until(async () => (await house.get<{ items: readonly unknown[] }>('/traces?limit=50')).items.length === 48, 120_000, () => 'the requests are not recorded');
  });

  afterAll(async () => {
    await browser?.close();
    await house.stop();
  });

  const usage = (rest: string): Promise<Usage> => house.get<Usage>(`/usage?model=${MODEL}&layer=${LAYER}${rest}`);
  const percent = (share: number, digits: number): string => new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: digits }).format(share);

  it.each([
    ['light', 1440],
    ['dark', 768],
  ] as const)('shows what the API tells of it, in the %s theme at %i px', async (theme, widthPx) => {
    const viewer = await Viewer.open(browser, house.signalbox.url, { theme, widthPx });
    const { page } = viewer;
    await viewer.goto(`/experts/${LAYER}/${EXPERT}?model=${MODEL}&range=1h`);
    const textOf = async (name: string): Promise<string> => (await page.getByRole('region', { name, exact: true }).textContent()) ?? '';
    const { load, share } = (await usage('')).groups[0]!.layers[0]!;
    await expect.poll(() => textOf('In numbers')).toContain(`Share${percent(share[EXPERT]!, 2)}`);
    expect(await textOf('In numbers')).toContain(`Load${new Intl.NumberFormat('en', { maximumFractionDigits: 0 }).format(load[EXPERT]!)}`);

    // Who uses it most for their size stands first, with the lift that the figures of the API make.
    const tasks = (await usage('&groupBy=task')).groups.map(({ group, layers }) => ({ group, own: layers[0]!.load[EXPERT]!, all: layers[0]!.load.reduce((sum, one) => sum + one, 0) }));
    const most = tasks.toSorted((a, b) => b.own / b.all - a.own / a.all)[0]!;
    const users = page.getByRole('table', { name: 'Use of the expert by task' });
    await users.getByRole('rowheader').first().waitFor();
    const [first] = await users.getByRole('row').filter({ has: page.getByRole('rowheader') }).allTextContents();
    expect(first).toContain(most.group);
    expect(first).toContain(percent(most.own / most.all, 2));
    await page.getByLabel('Group by').selectOption('tenant');
    await page.getByRole('table', { name: 'Use of the expert by tenant' }).getByText('acme').waitFor();
    expect(page.url()).toContain('by=tenant');

    const { matrix } = await house.get<{ matrix: readonly (readonly number[])[] }>(`/co-activation?model=${MODEL}&layer=${LAYER}`);
    const partner = matrix[EXPERT]!.map((value, at) => ({ value, at })).filter(({ at }) => at !== EXPERT).toSorted((a, b) => b.value - a.value)[0]!;
    expect((await page.getByRole('list', { name: /serve tokens together/ }).getByRole('listitem').first().textContent())!.replaceAll(/\s+/g, '')).toBe(`expert${partner.at}${percent(partner.value, 1)}`);
    expect(await textOf('Data rules')).toContain('It serves only requests with region eu.');
    expect(await textOf('Scope and card')).toContain('Contracts <b>only</b>');
    await expect.poll(() => page.getByRole('table', { name: 'Versions of the expert' }).getByRole('rowheader').count()).toBe(2);
    await expect.poll(() => page.getByRole('link', { name: 'from the one here' }).getAttribute('href')).toContain(`/releases/components/${sha256}?`);
    expect(await viewer.violations()).toEqual([]);
    expect(viewer.complaints).toEqual([]);
    await viewer.close();
  });

  it('leads to the experts around it, by links and by keys', async () => {
    const viewer = await Viewer.open(browser, house.signalbox.url);
    const { page } = viewer;
    await viewer.goto(`/experts/${LAYER}/7?model=${MODEL}`);
    await page.getByRole('link', { name: 'Expert 0 of layer 2' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.getByRole('heading', { level: 1, name: 'Expert 0 of layer 2' }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.getByRole('heading', { level: 1, name: 'Expert 0 of layer 3' }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.getByRole('heading', { level: 1, name: 'Expert 0 of layer 0' }).waitFor();
    expect(page.url()).toContain(`model=${MODEL}`);
    await viewer.goto('/experts/9/0');
    await page.getByText('There is no such expert').waitFor();
    expect(await viewer.violations()).toEqual([]);
    expect(viewer.complaints).toEqual([]);
    await viewer.close();
  });
});
