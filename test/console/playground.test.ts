import { type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../harness/until.ts';
import { CHROMIUM, launchBrowser, Viewer } from './browser.ts';
import { MODEL, TouredHouse } from './toured-house.ts';

const PROMPT = 'And it came to pass in those days';

describe.skipIf(CHROMIUM === null)('the playground', () => {
  const house = new TouredHouse();
  let browser: Browser;
  let stable: string;
  let candidate: string;

  beforeAll(async () => {
    [browser] = await Promise.all([launchBrowser(), house.start()]);
    const activation = await house.get<{ releaseId: string; generation: number }>(`/models/${MODEL}/activation`);
    stable = activation.releaseId;
    candidate = await house.importRetuned({ experts: ['expert/2/5'], router: 1, strength: 0.3 }, 'retuned');
    await house.send('POST', `/api/v1/models/${MODEL}/shadow`, { release: candidate, share: 0 }, { 'if-match': `"${activation.generation}"` });
    await until(async () => (await house.get<{ converged: boolean }>(`/models/${MODEL}/activation`)).converged, 120_000, () => 'the shadow does not load');
  });

  afterAll(async () => {
    await browser?.close();
    await house.stop();
  });

  it('sends a prompt, shows the answer and what its head says, and leads to its trace', async () => {
    const viewer = await Viewer.open(browser, house.signalbox.url);
    const { page } = viewer;
    await viewer.goto('/playground');
    await page.getByRole('textbox', { name: 'Prompt' }).fill(PROMPT);
    await page.getByLabel('Max tokens').fill('24');
    await page.getByLabel('Temperature').fill('0');
    await page.getByLabel('Seed').fill('7');
    await page.getByLabel('Task').fill('bible');
    await page.getByRole('textbox', { name: 'Prompt' }).press('Control+Enter');
    const link = page.getByRole('link', { name: 'Open its trace' });
    await link.waitFor();
    const { choices } = await house.send<{ choices: readonly { text: string }[] }>('POST', '/v1/completions', { model: MODEL, prompt: PROMPT, max_tokens: 24, temperature: 0, seed: 7 });
    await expect.poll(() => page.getByTestId('answer').textContent()).toBe(choices[0]?.text);
    const facts = await page.getByRole('region', { name: 'Answer', exact: true }).textContent();
    expect(facts).toContain(stable.slice(0, 10));
    expect(facts).toContain('stable');
    const requestId = (await link.getAttribute('href'))!.split('?')[0]!.split('/').at(-1)!;
    expect(facts).toContain(requestId);
    expect(await viewer.violations()).toEqual([]);
    // Prompts are not in the address.
    expect(page.url()).not.toContain('pass');

    await expect.poll(() => house.get<{ items: { requestId: string; segment: { task: string } }[] }>('/traces?limit=10').then(({ items }) => items.find((item) => item.requestId === requestId)?.segment.task), { timeout: 120_000 }).toBe('bible');
    await link.click();
    await page.waitForURL(`**/requests/${requestId}**`);
    await viewer.settled();
    expect(viewer.complaints).toEqual([]);
    await viewer.close();
  });

  it('shows what the server says of a field at that field, and stops an answer', async () => {
    const viewer = await Viewer.open(browser, house.signalbox.url);
    const { page } = viewer;
    await viewer.goto('/playground');
    await page.getByRole('textbox', { name: 'Prompt' }).fill(PROMPT);
    await page.getByLabel('Max tokens').fill('100000');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText(/context/i).first().waitFor();

    // An answer that does not come is stopped.
    await page.getByLabel('Max tokens').fill('4');
    await page.route('**/v1/completions', () => undefined, { times: 1 });
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('stopped', { exact: true }).waitFor();
    await page.getByRole('textbox', { name: 'Prompt' }).fill('<img src=x onerror=document.title=1>');
    await page.getByLabel('Max tokens').fill('2');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText('<img src=x onerror=document.title=1>').last().waitFor();
    await page.getByRole('link', { name: 'Open its trace' }).waitFor();
    expect(await page.title()).toBe('Playground · Signalbox');
    // The browser tells of every answer that is an error.
    expect(viewer.complaints.filter((text) => !text.includes('400'))).toEqual([]);
    await viewer.close();
  });

  it('asks two releases, marks where they differ, and opens both traces when told to', async () => {
    const viewer = await Viewer.open(browser, house.signalbox.url, { theme: 'dark' });
    const { page } = viewer;
    await viewer.goto(`/playground/compare?a=${stable}&b=${candidate}`);
    await page.getByRole('textbox', { name: 'Prompt' }).fill(PROMPT);
    await page.getByLabel('Max tokens').fill('24');
    await page.getByRole('button', { name: 'Ask both' }).click();
    await page.getByTestId('shared').waitFor();
    const ask = async (release: string): Promise<string> => {
      const { choices } = await house.send<{ choices: readonly { text: string }[] }>('POST', '/v1/completions', { model: MODEL, prompt: PROMPT, max_tokens: 24, temperature: 0, seed: 1 }, { 'x-signalbox-pin-release': release });
      return choices[0]!.text;
    };
    await expect.poll(() => page.getByRole('region', { name: 'Answer of release A' }).textContent()).toBe(await ask(stable));
    await expect.poll(() => page.getByRole('region', { name: 'Answer of release B' }).textContent()).toBe(await ask(candidate));
    const looks = (): Promise<number> => house.get<{ items: readonly unknown[] }>('/audit?action=trace.read&limit=50').then(({ items }) => items.length);
    const before = await looks();
    await page.getByText('written to the audit log').waitFor();

    await page.getByRole('button', { name: 'Look at both traces' }).click();
    await page.getByText('Decisions that differ').waitFor();
    expect(await looks()).toBe(before + 2);
    await expect.poll(() => page.getByRole('region', { name: 'Routing' }).textContent()).toMatch(/First divergencetoken \d+, layer \d/);
    await page.getByRole('button', { name: /token 0,/ }).click();
    await page.getByRole('button', { name: 'Table' }).first().click();
    await page.getByRole('table', { name: /by layer/ }).waitFor();
    expect(await viewer.violations()).toEqual([]);
    expect(viewer.complaints).toEqual([]);
    await viewer.close();
  });

  it('says why where nothing can be asked or compared', async () => {
    const { secret: readerKey } = await house.post<{ secret: string }>('/keys', { name: 'reader', scopes: ['read'] });
    const reader = await Viewer.open(browser, house.signalbox.url, { key: readerKey, widthPx: 768 });
    await reader.goto('/playground');
    await reader.page.getByText('This is not yours to see').waitFor();
    expect(await reader.violations()).toEqual([]);
    const { secret: clientKey } = await house.post<{ secret: string }>('/keys', { name: 'asker', scopes: ['read', 'inference'] });
    const asker = await Viewer.open(browser, house.signalbox.url, { key: clientKey, widthPx: 768 });
    await asker.goto('/playground');
    await asker.page.getByRole('textbox', { name: 'Prompt' }).waitFor();
    expect(await asker.page.getByLabel('Release', { exact: true }).count()).toBe(0);
    await asker.goto('/playground/compare');
    await asker.page.getByText('operate, propose or registry').waitFor();
    expect([...reader.complaints, ...asker.complaints]).toEqual([]);
    await reader.close();
    await asker.close();
  });
});
