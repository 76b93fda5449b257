import { type Browser, type Locator, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../harness/until.ts';
import { CHROMIUM, launchBrowser, openDialog, untilFocused, Viewer } from './browser.ts';
import { EvaluationsHouse, heldOut, MODEL } from './evaluations-house.ts';
import { seededResults } from './evaluations-results.ts';

const WAIT_MS = 120_000;
/** Would run in a page that takes text for markup. */
const hostile = (where: string): string => `"><img src=x onerror="window.taken='${where}'"><svg onload=window.taken=1>`;

/** Presses Tab until the element has the focus, as somebody without a mouse does. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor();
  for (let pressed = 0; pressed < 80; pressed += 1) {
    if (await target.evaluate((element) => element === element.ownerDocument.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error('it cannot be reached by Tab');
}

describe.skipIf(CHROMIUM === null)('evaluations in the console', () => {
  const house = new EvaluationsHouse();
  let browser: Browser;
  let stable: string;
  let candidate: string;
  let suite: string;
  let ids: Readonly<Record<'suite' | 'attribution' | 'concentration' | 'privacy' | 'strange' | 'failed', string>>;
  let changeId: string;
  let forgedChangeId: string;

  beforeAll(async () => {
    [browser] = await Promise.all([launchBrowser(), house.start()]);
    stable = (await house.activation()).releaseId;
    candidate = await house.release('retuned', { experts: ['expert/2/3'], strength: 0.3 });
    suite = await house.suite('held-out', heldOut(4));
    const both = { candidate, reference: stable, suite };
    const results = seededResults(hostile);
    ids = {
      attribution: await house.seed({ ...both, kind: 'attribution', result: results.attribution }),
      suite: await house.seed({ ...both, kind: 'suite', result: results.suite, measured: results.measured }),
      concentration: await house.seed({ kind: 'concentration', candidate, suite, result: results.concentration }),
      privacy: await house.seed({ kind: 'privacy', candidate, suite, result: results.privacy }),
      strange: await house.seed({ ...both, kind: 'suite', suite: await house.suite(hostile('suite'), heldOut(1), hostile('description')), result: results.strange }),
      failed: await house.seed({ ...both, kind: 'suite', state: 'failed', error: hostile('error') }),
    };
    const change = { type: 'activate', model: MODEL, releaseId: candidate, strategy: { kind: 'canary', share: 0.05 } };
    ({ id: changeId } = await house.call<{ id: string }>('/changes', { method: 'POST', body: { title: 'Expert 3 of layer 2, tuned on Python', reason: 'Writes better Python.', change } }));
    await house.call(`/changes/${changeId}/evaluations`, { method: 'POST', body: { evaluationId: ids.suite, kind: 'evaluation' } });
    ({ id: forgedChangeId } = await house.call<{ id: string }>('/changes', { method: 'POST', body: { title: 'Trust me', reason: 'It is fine.', change } }));
    const forged = { format: 'signalbox.evidence/1', evaluationId: ids.suite, kind: 'suite', outcome: 'pass', summary: `All is well ${hostile('forged')}`, candidate, reference: stable, suite, resultSha256: '5f'.repeat(32), attribution: null, report: hostile('report') };
    await house.call(`/changes/${forgedChangeId}/evidence`, { method: 'POST', body: { kind: 'evaluation', title: 'Pass: all is well', content: JSON.stringify(forged), mediaType: 'application/json' } });
  });

  afterAll(async () => {
    await browser?.close();
    await house.stop();
  });

  it.each([['light', 1440], ['dark', 768]] as const)('have nothing that axe or the browser complains of, fit, and take text from outside as text: %s, %i px', async (theme, widthPx) => {
    const viewer = await Viewer.open(browser, house.signalbox.url, { theme, widthPx });
    const views = ['/evaluations', '/evaluations?state=failed', '/evaluations/suites', `/evaluations/suites/${suite}`, '/evaluations/new', '/evaluations/new?kind=privacy', ...Object.values(ids).map((id) => `/evaluations/${id}`), `/changes/${changeId}`, `/changes/${forgedChangeId}`];
    const wrong: string[] = [];
    for (const path of views) {
      await viewer.goto(path);
      const taken = await viewer.page.evaluate(`window.taken ?? document.querySelector('img[src="x"], svg[onload], a[href^="javascript:"]')?.outerHTML ?? null`);
      wrong.push(...[...(await viewer.violations()), ...(await viewer.overflow()), ...viewer.complaints.splice(0), ...(taken === null ? [] : [`taken: ${JSON.stringify(taken)}`])].map((problem) => `${path}: ${problem}`));
    }
    expect(wrong).toEqual([]);
    await viewer.close();
  });

  it('list runs by state, kind, release and suite, from the address', async () => {
    const viewer = await Viewer.open(browser, house.signalbox.url);
    const { page } = viewer;
    await viewer.goto('/evaluations?kind=attribution');
    const table = page.getByRole('table', { name: 'Evaluations, newest first' });
    await table.getByRole('link', { name: 'Attribution · held-out' }).waitFor();
    await expect.poll(() => table.getByRole('row').count()).toBe(2);
    await page.getByLabel('Kind').selectOption('suite');
    await page.getByLabel('State').selectOption('failed');
    await until(async () => (await table.getByRole('row').count()) === 2 && (await table.getByText('failed').count()) > 0, WAIT_MS, () => 'the list is not narrowed');
    expect(page.url()).toMatch(/kind=suite/);
    expect(page.url()).toMatch(/state=failed/);
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await table.getByRole('link', { name: 'Privacy of routing · held-out' }).waitFor();
    await viewer.goto(`/evaluations?release=${'a'.repeat(64)}`);
    await page.getByText('No evaluation like this').waitFor();
    await viewer.close();
  });

  it('say the verdict first, then what got worse, where, and by which tokens', async () => {
    const viewer = await Viewer.open(browser, house.signalbox.url);
    const { page } = viewer;
    await viewer.goto(`/evaluations/${ids.suite}`);
    await page.getByText('Python got better by 0.21 bits per byte; German got worse beyond its gate.').first().waitFor();
    const gates = page.getByRole('table', { name: 'Gates, broken ones first' });
    await expect.poll(() => gates.getByRole('row').nth(1).innerText()).toMatch(/fail[\s\S]*bits per byte at most 0\.05, against the reference[\s\S]*domain german/);
    const chart = page.getByRole('figure', { name: /Difference of bits per byte in held-out/ });
    await expect.poll(() => chart.getByRole('listitem').filter({ hasText: 'german' }).innerText()).toMatch(/worse/);
    await chart.getByRole('button', { name: 'Table' }).click();
    await expect.poll(() => chart.getByRole('row').filter({ hasText: 'python' }).innerText()).toMatch(/-0\.21/);
    const download = page.waitForEvent('download');
    await chart.getByRole('button', { name: 'CSV' }).click();
    expect((await download).suggestedFilename()).toBe('evaluation-held-out-bitsPerByte.csv');
    await expect.poll(() => page.getByRole('list', { name: 'Tokens of item 12' }).innerText()).toMatch(/layer 2, expert 6[\s\S]*expected: one of 3/);
    await expect.poll(() => page.locator('mark').first().textContent()).toBe(' return');
    await page.getByText('By the clock').first().waitFor();
    await page.getByRole('link', { name: 'Open the attribution' }).click();
    await page.getByText('It was expert/2/3: the new experts with the old routers').first().waitFor();
    await viewer.close();
  });

  it('show attribution as a picture with its twin', async () => {
    const viewer = await Viewer.open(browser, house.signalbox.url);
    const { page } = viewer;
    await viewer.goto(`/evaluations/${ids.attribution}`);
    const swap = page.getByRole('figure', { name: /old and new routers/ });
    await expect.poll(() => swap.getByRole('row').nth(2).innerText()).toMatch(/new router[\s\S]*the candidate/);
    await swap.getByRole('button', { name: 'Table' }).click();
    await expect.poll(() => swap.getByRole('row').count()).toBe(5);
    const shares = page.getByRole('figure', { name: /Share of each component/ });
    await expect.poll(() => shares.getByRole('listitem').filter({ hasText: 'expert/2/3' }).innerText()).toMatch(/82% of the change, named, 100% sure/);
    await viewer.close();
  });

  it('show a result that they do not know as far as they know it', async () => {
    const viewer = await Viewer.open(browser, house.signalbox.url);
    const { page } = viewer;
    await viewer.goto(`/evaluations/${ids.strange}`);
    await page.getByText('Show it as JSON').click();
    await expect.poll(() => page.getByLabel('The result as JSON').innerText()).toContain('"fromTheFuture"');
    await viewer.goto(`/evaluations/${ids.failed}`);
    await page.getByText('It could not be measured.').waitFor();
    await viewer.goto('/evaluations/0197280f-6000-7000-8000-000000000001');
    await page.getByRole('alert').waitFor();
    await viewer.close();
  });

  it('stand in a change request as verdicts, with the attribution of what failed; what the server did not measure is not believed', async () => {
    const viewer = await Viewer.open(browser, house.signalbox.url);
    const { page } = viewer;
    await viewer.goto(`/changes/${changeId}`);
    const evidence = page.getByRole('region', { name: 'Evidence' });
    await evidence.getByText('as this server measured it').waitFor();
    const text = await evidence.innerText();
    expect(text).toMatch(/fail[\s\S]*Python got better by 0\.21 bits per byte; German got worse beyond its gate\./);
    expect(text).toMatch(/Which part did it: It was expert\/2\/3/);
    await viewer.goto(`/changes/${forgedChangeId}`);
    await evidence.getByText(/Not confirmed: the run of this server that it names says something else/).waitFor();
    expect(await evidence.getByText('as this server measured it').count()).toBe(0);
    await viewer.close();
  });

  it('are attached to a change request where its evidence is added', async () => {
    const viewer = await Viewer.open(browser, house.signalbox.url);
    const { page } = viewer;
    await viewer.goto(`/changes/${forgedChangeId}`);
    await page.getByRole('button', { name: 'Add evidence' }).click();
    const dialog = openDialog(page);
    await dialog.getByLabel('It is').selectOption('run');
    await dialog.getByLabel('Evaluation', { exact: true }).selectOption(ids.privacy);
    await dialog.getByRole('button', { name: 'Add evidence' }).click();
    await page.getByRole('region', { name: 'Evidence' }).getByText('as this server measured it').waitFor();
    const { evidence } = await house.call<{ evidence: readonly { title: string }[] }>(`/changes/${forgedChangeId}`);
    expect(evidence.map(({ title }) => title)).toContain('FAIL: Routes give back 41 % of the tokens; keep sums over 20 requests at most.');
    await viewer.close();
  });

  it('name experts to protect, which is taken up by a button and shown on the page of the expert', async () => {
    const viewer = await Viewer.open(browser, house.signalbox.url);
    const { page } = viewer;
    await viewer.goto(`/evaluations/${ids.concentration}`);
    await page.getByRole('button', { name: 'Protect these 2…' }).click();
    await openDialog(page).getByRole('button', { name: 'Protect them' }).click();
    const proposed = page.getByRole('list', { name: 'Experts proposed to protect' });
    await until(async () => (await proposed.getByText('protected', { exact: true }).count()) === 2, WAIT_MS, () => 'the experts are not shown as protected');
    await viewer.goto('/experts/2/5');
    const card = page.getByRole('region', { name: 'Protection' });
    await card.getByText('protected', { exact: true }).waitFor();
    await expect.poll(() => card.innerText()).toMatch(/The evaluation that proposed it/);
    expect(await viewer.violations()).toEqual([]);
    await viewer.goto('/experts/0/0');
    await card.getByText('Not protected.').waitFor();
    expect(viewer.complaints).toEqual([]);
    await viewer.close();
  });

  it('are started and cancelled without a mouse, and what is wrong is said at its field', async () => {
    const viewer = await Viewer.open(browser, house.signalbox.url);
    const { page } = viewer;
    await viewer.goto(`/evaluations/new?candidate=${candidate}&suite=${suite}`);
    const form = page.getByRole('form', { name: 'Start an evaluation' });
    await form.getByLabel(/^Reference/).selectOption(candidate);
    await tabTo(page, form.getByRole('button', { name: 'Start' }));
    await page.keyboard.press('Enter');
    await form.getByText('This is the candidate itself').waitFor();
    await form.getByLabel(/^Reference/).selectOption(stable);
    await house.hold();
    await tabTo(page, form.getByRole('button', { name: 'Start' }));
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Suite · held-out' }).waitFor();
    const id = new URL(page.url()).pathname.split('/').at(-1)!;
    await tabTo(page, page.getByRole('button', { name: 'Cancel…' }));
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Cancel the evaluation' });
    await untilFocused(dialog);
    await tabTo(page, dialog.getByRole('button', { name: 'Cancel the evaluation' }));
    await page.keyboard.press('Enter');
    await page.getByText('It was cancelled before it had a verdict.').waitFor();
    await house.letGo();
    expect((await house.call<{ state: string }>(`/evaluations/${id}`)).state).toBe('cancelled');
    expect(viewer.complaints).toEqual([]);
    await viewer.close();
  });

  it('are deleted after a question, unless a change request has them as evidence', async () => {
    const spare = await house.seed({ kind: 'suite', candidate, reference: stable, suite, state: 'failed', error: 'It ran out of memory.' });
    const viewer = await Viewer.open(browser, house.signalbox.url);
    const { page } = viewer;
    const ask = async (id: string): Promise<Locator> => {
      await viewer.goto(`/evaluations/${id}`);
      await page.getByRole('button', { name: 'Delete…' }).click();
      const dialog = page.getByRole('dialog', { name: 'Delete the evaluation', exact: true });
      await dialog.getByRole('button', { name: 'Delete the evaluation' }).click();
      return dialog;
    };
    await (await ask(ids.suite)).getByText(/It is evidence of change request \d/).waitFor();
    expect((await house.call<{ id: string }>(`/evaluations/${ids.suite}`)).id).toBe(ids.suite);
    await ask(spare);
    await page.getByRole('heading', { level: 1, name: 'Evaluations' }).waitFor();
    await expect(house.call(`/evaluations/${spare}`)).rejects.toThrow(/404/);
    await viewer.close();
  });

  it('have suites and datasets deleted after a question, unless something needs them', async () => {
    const digest = await house.suite('no longer asked', heldOut(2), 'Of last year.');
    const { suite: { tasks } } = await house.call<{ suite: { tasks: readonly [{ dataset: string }] } }>(`/suites/${digest}`);
    const { dataset } = tasks[0];
    const { items: kept } = await house.call<{ items: readonly { sha256: string }[] }>('/datasets');
    expect(kept.map(({ sha256 }) => sha256)).toContain(dataset);
    const viewer = await Viewer.open(browser, house.signalbox.url);
    const { page } = viewer;
    const confirm = async (what: 'suite' | 'dataset'): Promise<Locator> => {
      const dialog = page.getByRole('dialog', { name: `Delete the ${what}`, exact: true });
      await dialog.getByRole('button', { name: `Delete the ${what}` }).click();
      return dialog;
    };
    const ofDataset = page.getByRole('button', { name: `Delete the dataset ${dataset.slice(0, 10)}` });

    await viewer.goto('/evaluations/suites');
    await ofDataset.click();
    const refused = await confirm('dataset');
    await refused.getByText(/no longer asked/).waitFor();
    await page.keyboard.press('Escape');
    await viewer.goto(`/evaluations/suites/${suite}`);
    await page.getByRole('button', { name: 'Delete…' }).click();
    await (await confirm('suite')).getByText(/runs? name/).waitFor();

    await viewer.goto(`/evaluations/suites/${digest}`);
    await page.getByRole('button', { name: 'Delete…' }).click();
    await confirm('suite');
    await page.getByRole('heading', { level: 1, name: 'Suites' }).waitFor();
    await expect(house.call(`/suites/${digest}`)).rejects.toThrow(/404/);
    await expect.poll(() => page.getByRole('link', { name: 'no longer asked', exact: true }).count()).toBe(0);
    await ofDataset.click();
    await (await confirm('dataset')).waitFor({ state: 'detached' });
    await expect(house.call(`/datasets/${dataset}`)).rejects.toThrow(/404/);
    await expect.poll(() => ofDataset.count()).toBe(0);
    expect(viewer.complaints.filter((one) => !one.includes('409'))).toEqual([]);
    await viewer.close();
  });

  it('offer nothing that one may not do', async () => {
    const { id } = await house.call<{ id: string }>('/accounts', { method: 'POST', body: { kind: 'user', name: 'Reader', roles: ['viewer'] } });
    const { secret } = await house.call<{ secret: string }>(`/accounts/${id}/keys`, { method: 'POST', body: { name: 'for the test', scopes: ['read'] } });
    const viewer = await Viewer.open(browser, house.signalbox.url, { key: secret });
    await viewer.goto('/evaluations');
    expect(await viewer.page.getByRole('link', { name: 'Start an evaluation' }).count()).toBe(0);
    await viewer.goto(`/evaluations/${ids.failed}`);
    expect(await viewer.page.getByRole('button', { name: 'Delete…' }).count()).toBe(0);
    await viewer.goto('/evaluations/new');
    await viewer.page.getByText('This is not yours to see').waitFor();
    await viewer.close();
  });
});
