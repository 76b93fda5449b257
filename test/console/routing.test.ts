import { rmSync } from 'node:fs';
import { type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, SignalboxProcess, TEST_KEY } from '../harness/signalbox-process.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { until } from '../harness/until.ts';
import { CHROMIUM, launchBrowser, Viewer } from './browser.ts';

const MODEL = 'tiny-mixtral';
const TASKS = { python: 'def main():\n    import sys\n    return sys.argv', german: 'Es war einmal ein kleines Haus am Rande des Waldes' };
const REQUESTS = 6;

interface Usage {
  readonly groups: readonly { readonly requests?: number; readonly layers: readonly { readonly layer: number; readonly load: readonly number[]; readonly share: readonly number[] }[] }[];
}
interface Comparison {
  readonly layers: readonly { readonly layer: number; readonly divergenceBits: number; readonly ratio: readonly (number | null)[] }[];
}

async function ask(signalbox: SignalboxProcess, task: string, prompt: string): Promise<void> {
  const answer = await fetch(`${signalbox.url}/v1/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TEST_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: MODEL, prompt, max_tokens: 8, metadata: { task, tenant: 'acme', language: 'xx' } }),
  });
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
  await answer.text();
}

/** As the console writes it. */
const percent = (share: number): string => new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: share < 0.01 ? 3 : 1 }).format(share);

describe.skipIf(CHROMIUM === null)('routing in the console', () => {
  let home: string;
  let signalbox: SignalboxProcess;
  let browser: Browser;
  let usage: Usage;

  beforeAll(async () => {
    home = newTemporaryHome('console-routing-');
    signalbox = new SignalboxProcess(home, await freePort());
    [browser] = await Promise.all([launchBrowser(), signalbox.start()]);
    for (const [task, prompt] of Object.entries(TASKS)) for (let i = 0; i < REQUESTS; i += 1) await ask(signalbox, task, `${prompt} ${i}`);
    await until(async () => {
      usage = await signalbox.json<Usage>('/api/v1/usage');
      return usage.groups[0]?.requests === 2 * REQUESTS;
    }, 120_000, () => 'the requests are not in the usage');
  });

  afterAll(async () => {
    await browser?.close();
    await signalbox?.stop();
    rmSync(home, { recursive: true, force: true });
  });

  it.each(['light', 'dark'] as const)('shows the map, reads a cell out, and opens its expert by keyboard, %s', async (theme) => {
    const viewer = await Viewer.open(browser, signalbox.url, { theme });
    const { page } = viewer;
    await viewer.goto(`/routing?model=${MODEL}&range=1h`);
    const grid = page.getByRole('grid', { name: /Experts of tiny-mixtral by layer/ });
    await grid.waitFor();
    await expect.poll(() => grid.getAttribute('aria-rowcount')).toBe('4');
    await expect.poll(() => grid.getAttribute('aria-colcount')).toBe('8');
    expect(await viewer.violations()).toEqual([]);

    await grid.focus();
    for (const key of ['ArrowDown', 'ArrowDown', 'End', 'ArrowLeft', 'PageUp', 'ArrowDown']) await page.keyboard.press(key);
    const share = usage.groups[0]!.layers[1]!.share[6]!;
    await page.getByRole('status').filter({ hasText: `layer 1, expert 6: ${percent(share)} of selections` }).waitFor();
    await expect.poll(() => grid.getByRole('gridcell').textContent()).toBe('layer 1, expert 6');

    await page.keyboard.press('Space');
    await page.getByRole('heading', { name: 'Layer 1', exact: true }).waitFor();
    expect(new URL(page.url()).searchParams.get('layer')).toBe('1');
    expect(await viewer.violations()).toEqual([]);

    await grid.focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/experts\/1\/6(\?|$)/);
    expect(viewer.complaints).toEqual([]);
    await viewer.close();
  });

  it('opens an expert by a click on its cell', async () => {
    const viewer = await Viewer.open(browser, signalbox.url, { widthPx: 768 });
    await viewer.goto(`/routing?model=${MODEL}&range=1h`);
    const grid = viewer.page.getByRole('grid', { name: /Experts of tiny-mixtral by layer/ });
    const { width, height } = (await grid.boundingBox())!;
    // The last cell of the last row, wherever the grid has moved to.
    await grid.click({ position: { x: width - 12, y: height - 12 } });
    await viewer.page.waitForURL(/\/experts\/3\/7(\?|$)/);
    expect(viewer.complaints).toEqual([]);
    await viewer.close();
  });

  it('has a table with the figures of the API', async () => {
    const viewer = await Viewer.open(browser, signalbox.url);
    const { page } = viewer;
    await viewer.goto(`/routing?model=${MODEL}&range=1h`);
    const figure = page.getByRole('figure', { name: /Experts of tiny-mixtral by layer/ });
    await figure.getByRole('button', { name: 'Table' }).click();
    await figure.locator('tbody th').first().waitFor();
    const cells = (await figure.locator('tbody').locator('th, td').allTextContents()).map(Number);
    const rows = Array.from({ length: cells.length / 5 }, (_, row) => cells.slice(row * 5, row * 5 + 5));
    const expected = usage.groups[0]!.layers.flatMap(({ layer, share }) => share.map((value, expert) => [layer, expert, value, 1 / 8, value * 8]));
    expect(rows.map((row) => row.map((value) => value.toFixed(12)))).toEqual(expected.map((row) => row.map((value) => value.toFixed(12))));
    expect(await viewer.violations()).toEqual([]);
    await viewer.close();
  });

  it.each([['light', 1440], ['dark', 768]] as const)('compares two tasks, and the address brings the same back, %s at %i', async (theme, widthPx) => {
    const viewer = await Viewer.open(browser, signalbox.url, { theme, widthPx });
    const { page } = viewer;
    await viewer.goto(`/routing?model=${MODEL}&range=1h&task=python`);
    await page.getByRole('combobox', { name: 'Compare with' }).selectOption('other');
    const others = page.getByRole('group', { name: 'Compared with' });
    await others.getByRole('combobox', { name: 'Task' }).selectOption('=german');
    const bars = page.getByRole('figure', { name: 'Divergence of both sides by layer' });
    const comparison = await signalbox.json<Comparison>('/api/v1/usage/compare?task=python&otherTask=german');
    const bits = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
    for (const { divergenceBits } of comparison.layers) await bars.getByText(bits.format(divergenceBits), { exact: false }).first().waitFor();
    expect(await viewer.violations()).toEqual([]);

    const address = page.url();
    expect(Object.fromEntries(new URL(address).searchParams)).toMatchObject({ task: 'python', compare: 'other', otherTask: 'german' });
    const again = await viewer.context.newPage();
    await again.goto(address);
    await again.getByRole('heading', { name: 'Compared with: task german' }).waitFor();
    await expect.poll(() => again.getByRole('group', { name: 'Compared with' }).getByRole('combobox', { name: 'Task' }).inputValue()).toBe('=german');
    expect(viewer.complaints).toEqual([]);
    await viewer.close();
  });

  it('says what to do without traffic and without a baseline', async () => {
    const viewer = await Viewer.open(browser, signalbox.url);
    const { page } = viewer;
    await viewer.goto(`/routing?model=${MODEL}&from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z`);
    await page.getByText(/Fewer than 1 request/).waitFor();
    await viewer.goto(`/routing?model=${MODEL}&metric=baseline`);
    await page.getByText(`signalbox baseline freeze --model ${MODEL}`).waitFor();
    expect(await viewer.violations()).toEqual([]);
    expect(viewer.complaints).toEqual([]);
    await viewer.close();
  });
});
