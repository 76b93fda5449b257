import { generateKeyPairSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, openDialog, Viewer } from './browser.ts';
import { MODEL, ReleasesHouse } from './releases-house.ts';

interface Listed<T> {
  readonly items: readonly T[];
}

const PLACE = 'expert/3/5';

/** A field that says what is wrong with it. */
const refused = (page: Page, name: string) => page.locator(`[name="${name}"][aria-invalid="true"]`);

describe.skipIf(CHROMIUM === null)('the forms of releases', () => {
  const house = new ReleasesHouse('console-releases-forms-');
  let stable: string;
  let candidate: string;
  let expert: string;

  beforeAll(async () => {
    await house.start();
    stable = (await house.activation()).releaseId;
    candidate = await house.release('retuned', { experts: [PLACE] });
    expert = (await house.call<{ manifest: { components: Record<string, string> } }>(`/releases/${candidate}`)).manifest.components[PLACE]!;
  });
  afterAll(() => house.stop());

  it('compose a release: a setting is refused at its field, the difference is shown before anything is written, the address holds it', async () => {
    const viewer = await Viewer.open(house.browser, house.signalbox.url);
    const { page } = viewer;
    const releases = async () => (await house.call<Listed<{ releaseId: string }>>('/releases?limit=50')).items.length;
    const before = await releases();
    await viewer.goto('/releases/new');
    await page.getByRole('button', { name: 'Exchange a component…' }).click();
    const dialog = openDialog(page);
    await dialog.getByLabel('Layer').selectOption('3');
    await dialog.getByLabel('Expert', { exact: true }).selectOption('5');
    await dialog.getByLabel(`Version for ${PLACE}`).selectOption(expert);
    expect(await viewer.violations()).toEqual([]);
    await dialog.getByRole('button', { name: 'Exchange', exact: true }).click();
    await page.getByRole('list', { name: 'Exchanged components' }).getByText('gives way to').waitFor();
    await page.getByLabel('Experts for each token (top-k)').fill('9');
    await page.getByRole('button', { name: 'Show the difference' }).click();
    await refused(page, 'routing.topK').waitFor();
    await page.getByLabel('Experts for each token (top-k)').fill('1');
    await page.waitForURL((url) => url.searchParams.get('topK')?.includes('1') === true);
    // As a colleague would open it.
    const { pathname, search } = new URL(page.url());
    await viewer.goto(`${pathname}${search}`);
    await page.getByRole('button', { name: 'Show the difference' }).click();
    const difference = page.getByRole('region', { name: 'What it would change' });
    await difference.getByRole('rowheader', { name: PLACE }).waitFor();
    await difference.getByRole('rowheader', { name: 'routing.topK' }).waitFor();
    expect(await viewer.violations()).toEqual([]);
    expect(await releases()).toBe(before);
    await difference.getByLabel('Note: what it is for and why, for people').fill('one expert each');
    await difference.getByRole('button', { name: 'Create the release' }).click();
    await page.waitForURL(/\/releases\/[0-9a-f]{64}/);
    await page.getByText('one expert each').first().waitFor();
    const made = /[0-9a-f]{64}/.exec(new URL(page.url()).pathname)![0];
    expect(await house.call(`/releases/${made}`)).toMatchObject({ parent: stable, note: 'one expert each', kind: 'router-and-expert', manifest: { routing: { topK: 1 }, components: { [PLACE]: expert } } });
    expect(viewer.complaints.filter((text) => !text.includes('400'))).toEqual([]);
    await viewer.close();
  });

  it('upload a version: refused at the field, stopped, gone on with, and put into a release', async () => {
    const bytes = await readFile(join(house.home, 'state', 'components', expert.slice(0, 2), expert));
    // The lowest bits of a weight.
    bytes[bytes.length - 4]! ^= 1;
    const viewer = await Viewer.open(house.browser, house.signalbox.url);
    const { page } = viewer;
    await viewer.goto('/releases/imports');
    const form = page.getByRole('form', { name: 'Upload a component version' });
    const send = form.getByRole('button', { name: 'Upload', exact: true });
    await form.getByLabel('File', { exact: true }).setInputFiles({ name: 'broken.safetensors', mimeType: 'application/octet-stream', buffer: Buffer.from('no tensors at all') });
    await send.click();
    await refused(page, 'file').waitFor();
    await form.getByLabel('File', { exact: true }).setInputFiles({ name: 'expert.safetensors', mimeType: 'application/octet-stream', buffer: bytes });
    await form.getByLabel('Kind').selectOption('router');
    await form.getByLabel('Component that it shall replace').fill(PLACE);
    await form.getByLabel('Model whose stable release holds that component').selectOption(MODEL);
    await form.getByLabel('Card: title').fill('Tuned again');
    await send.click();
    await refused(page, 'component').waitFor();
    expect(await viewer.violations()).toEqual([]);
    await form.getByLabel('Kind').selectOption('expert');
    // The server gets no byte, until it is stopped.
    const pieces = /\/api\/v1\/uploads\/[^/]+\?offset=/;
    await page.route(pieces, () => undefined);
    const held = page.waitForRequest(pieces);
    await send.click();
    await held;
    await form.getByRole('button', { name: 'Stop' }).click();
    await form.getByText('Stopped. What has arrived is kept for a day').waitFor();
    await page.unroute(pieces);
    await send.click();
    await form.getByText('The registry now holds').waitFor();
    await form.getByRole('link', { name: 'Compose a release with it' }).click();
    await page.getByRole('heading', { level: 1, name: 'Compose a release' }).waitFor();
    const link = page.getByRole('list', { name: 'Exchanged components' }).getByRole('link').last();
    await link.waitFor();
    const sha256 = (await link.getAttribute('title'))!;
    expect(await house.call(`/components/${sha256}`)).toMatchObject({ kind: 'expert', sizeBytes: bytes.length, card: { title: 'Tuned again', parentSha256: expect.any(String) } });
    expect((await house.call<Listed<{ state: string }>>('/uploads')).items.map(({ state }) => state)).toEqual(['finished', 'failed']);
    expect(viewer.complaints.filter((text) => !/40\d|422/.test(text))).toEqual([]);
    await viewer.close();
  });

  it('start a canary for requests that go to some experts', async () => {
    const viewer = await Viewer.open(house.browser, house.signalbox.url);
    const { page } = viewer;
    // Not by `goto` of the viewer: it waits for the heading, which an open dialog hides.
    await page.goto(`/releases?command=start-canary&release=${candidate}`);
    const dialog = openDialog(page);
    await dialog.getByLabel('Experts').fill('router/3');
    await dialog.getByRole('button', { name: 'Start a canary' }).click();
    await refused(page, 'routeSlice.experts').waitFor();
    await dialog.getByLabel('Experts').fill(PLACE);
    await dialog.getByLabel('At least, % of the prompt').fill('7');
    await dialog.getByRole('button', { name: 'Start a canary' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect((await house.activation()).canary).toMatchObject({ releaseId: candidate, scope: { routeSlice: { experts: [PLACE], minShare: 0.07 } } });
    expect(viewer.complaints.filter((text) => !text.includes('400'))).toEqual([]);
    await viewer.close();
  });

  it('trust a key, ask for signatures and revoke the key, each with what it does', async () => {
    const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' });
    const viewer = await Viewer.open(house.browser, house.signalbox.url);
    const { page } = viewer;
    await viewer.goto('/releases/trust');
    await page.getByText('No key is trusted yet').waitFor();
    await page.getByRole('button', { name: 'Trust a key…' }).click();
    const dialog = openDialog(page);
    await dialog.getByLabel('Name: whose key it is').fill('training team');
    await dialog.getByLabel('Public key in PEM').fill('no key');
    await dialog.getByRole('button', { name: 'Trust this key' }).click();
    await refused(page, 'pem').waitFor();
    expect(await viewer.violations()).toEqual([]);
    await dialog.getByLabel('File with the public key').setInputFiles({ name: 'key.pub', mimeType: 'text/plain', buffer: Buffer.from(pem) });
    await expect.poll(() => dialog.getByLabel('Public key in PEM').inputValue()).toContain('END PUBLIC KEY');
    await dialog.getByRole('button', { name: 'Trust this key' }).click();
    const row = page.getByRole('row').filter({ hasText: 'training team' });
    await row.getByText('trusted', { exact: true }).waitFor();

    await page.getByRole('button', { name: `Change the policy of ${MODEL}` }).click();
    await dialog.getByLabel('What must be signed').selectOption('releases');
    await dialog.getByText(`Each release has to be signed as a whole by a trusted key, for releases of ${MODEL} that are loaded from now on.`).waitFor();
    await dialog.getByRole('button', { name: 'Set the policy' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(await house.call(`/models/${MODEL}/signature-policy`)).toMatchObject({ level: 'releases' });

    const [key] = (await house.call<Listed<{ keyId: string }>>('/trusted-keys')).items;
    await page.goto(`/releases/trust?revoke=${key!.keyId}`);
    await dialog.getByText(`${MODEL}: no other trusted key signed its stable release ${stable.slice(0, 10)}.`).waitFor();
    expect(await viewer.violations()).toEqual([]);
    await dialog.getByLabel('Reason').fill('The laptop was lost.');
    await dialog.getByRole('button', { name: 'Revoke the key' }).click();
    await row.getByText('The laptop was lost.').waitFor();
    expect((await house.call<Listed<{ revokeReason: string }>>('/trusted-keys')).items).toMatchObject([{ revokeReason: 'The laptop was lost.' }]);
    expect(viewer.complaints.filter((text) => !/40\d|422/.test(text))).toEqual([]);
    await viewer.close();
  });

  it('are not there for who may only look', async () => {
    const viewer = await Viewer.open(house.browser, house.signalbox.url, { key: await house.key('vera', ['viewer']) });
    const { page } = viewer;
    await viewer.goto('/releases/new');
    await page.getByText('It needs the permission').waitFor();
    await viewer.goto('/releases/trust?ask=add-key');
    await page.getByText('Adding and revoking them takes the permission administer.').waitFor();
    expect(await openDialog(page).count()).toBe(0);
    expect(await page.getByRole('main').getByRole('button', { name: /…$|Change the policy/ }).count()).toBe(0);
    await viewer.goto(`/releases/${stable}`);
    expect(await page.getByRole('link', { name: 'Compose from it' }).count()).toBe(0);
    expect(viewer.complaints).toEqual([]);
    await viewer.close();
  });
});
