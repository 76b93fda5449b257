import { appendFileSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeTensorHeader } from '#libs/release/tensor-file-layout';
import { RegistryHouse, sha256Of } from './registry-house.ts';

const EXPERT_ELEMENTS = 3 * 320 * 256;
const UNKNOWN = 'e'.repeat(64);

let house: RegistryHouse;
let parent: string;
let tuned: string;
let manifest: { components: Record<string, string> };
let tunedManifest: { components: Record<string, string> };

beforeAll(async () => {
  house = await RegistryHouse.open();
  parent = (await house.importDemo()).releaseId!;
  const job = await house.importTuned({ experts: ['expert/3/5'], strength: 0.05 }, { note: 'tuned on biology' });
  tuned = job.releaseId!;
  manifest = (await house.get('getRelease', `/releases/${parent}`)).manifest;
  tunedManifest = (await house.get('getRelease', `/releases/${tuned}`)).manifest;
});

afterAll(() => house?.close());

/** An expert of the demo model's shape, all weights of one value. */
function expertFile(value: number, shape: readonly [number, number] = [320, 256]): Uint8Array {
  const [width, hidden] = shape;
  const specs = [{ name: 'gate_proj', shape: [width, hidden] }, { name: 'up_proj', shape: [width, hidden] }, { name: 'down_proj', shape: [hidden, width] }].map((spec) => ({ ...spec, dtype: 'F32' as const }));
  const { bytes, fileBytes } = encodeTensorHeader(specs);
  const file = new Uint8Array(fileBytes);
  file.set(bytes);
  const view = new DataView(file.buffer);
  for (let at = bytes.byteLength; at < fileBytes; at += 4) view.setFloat32(at, value, true);
  return file;
}

describe('a re-tuned checkpoint beside its parent', () => {
  it('is named for what it is, shares what is the same and remembers its parent', async () => {
    const summary = 'expert release: 1 of 32 experts changed (expert/3/5); 37 components shared';
    expect(await house.get('getRelease', `/releases/${tuned}`)).toMatchObject({ parent, kind: 'expert', summary, note: 'tuned on biology' });
    expect((await house.get('listImports', '/imports?limit=1')).items[0]).toMatchObject({ releaseId: tuned, summary });
    const again = await house.importDemo();
    expect(again).toMatchObject({ releaseId: parent, summary: expect.stringContaining('nothing is new') });
  });

  it('gives the new version a card with its lineage, both ways', async () => {
    const [before, after] = [manifest.components['expert/3/5']!, tunedManifest.components['expert/3/5']!];
    const made = await house.get('getComponent', `/components/${after}`);
    expect(made).toMatchObject({ kind: 'expert', present: true, recall: null, card: { title: 'expert/3/5 of tiny-mixtral', parentSha256: before, revision: 1 }, madeFrom: [before], usedBy: [{ releaseId: tuned, component: 'expert/3/5' }] });
    expect((await house.get('getComponent', `/components/${before}`)).madeInto).toEqual([after]);
  });

  it('says that its routers and experts were trained together', async () => {
    const { routerSet, expertSet } = await house.get('getRelease', `/releases/${tuned}`);
    expect((await house.get('listCompatibility', `/compatibility?routerSet=${routerSet}&expertSet=${expertSet}`)).items).toMatchObject([{ verdict: 'trained-together' }]);
    const experts = await house.get('listExpertReleases', '/expert-releases?model=tiny-mixtral');
    expect(experts.items.map((one) => one.expertSet)).toContain(expertSet);
    expect(experts.items.find((one) => one.expertSet === expertSet)).toMatchObject({ releases: 1, active: [], withRouters: [{ routerSet, verdict: 'trained-together' }] });
    const { items } = await house.get('listRouterReleases', '/router-releases');
    expect(items.find((one) => one.routerSet === routerSet)).toMatchObject({ active: [{ as: 'stable', releaseId: parent }] });
    expect(items.find((one) => one.routerSet === routerSet)!.releases).toBeGreaterThanOrEqual(2);
  });

  it('takes a parent by id, and refuses one that is not there', async () => {
    const job = await house.importTuned({ experts: ['expert/3/5'], router: 1, strength: 0.05 }, { parent: tuned });
    expect(job.summary).toBe('router release: 1 of 4 routers changed (router/1); 37 components shared');
    expect((await house.call('/imports', { method: 'POST', body: { directory: house.home, model: 'x', parent: UNKNOWN } })).body).toMatchObject({ status: 404, field: 'parent' });
  });
});

describe('component versions', () => {
  it('are compared tensor by tensor: the size of the change is the strength of the tuning', async () => {
    const [a, b] = [manifest.components['expert/3/5']!, tunedManifest.components['expert/3/5']!];
    const { tensors, identical } = await house.get('compareComponents', `/components/compare?a=${a}&b=${b}`);
    expect(identical).toBe(false);
    expect(tensors.map(({ tensor, a: one }) => [tensor, one?.shape])).toEqual([['down_proj', [256, 320]], ['gate_proj', [320, 256]], ['up_proj', [320, 256]]]);
    for (const { relativeNorm, cosine, maxAbsDifference } of tensors) {
      expect(relativeNorm).toBeGreaterThan(0.049);
      expect(relativeNorm).toBeLessThan(0.051);
      // Independent noise of that size leaves a cosine of 1 / sqrt(1 + 0.05^2).
      expect(cosine).toBeCloseTo(1 / Math.sqrt(1 + 0.05 ** 2), 4);
      expect(maxAbsDifference).toBeGreaterThan(0);
    }
    for (const tensor of (await house.get('compareComponents', `/components/compare?a=${a}&b=${a}`)).tensors) expect(tensor).toMatchObject({ maxAbsDifference: 0, relativeNorm: 0 });
    expect((await house.call(`/components/compare?a=${a}&b=${manifest.components['router/0']}`)).body).toMatchObject({ status: 409, code: 'kinds_differ' });
    expect((await house.call(`/components/compare?a=${a}&b=${UNKNOWN}`)).body).toMatchObject({ status: 404, field: 'b' });
  });

  it('have a card that is written with the revision that was seen, and audited before and after', async () => {
    const sha256 = manifest.components['expert/0/3']!;
    const put = (revision: string, body: object) => house.call(`/components/${sha256}/card`, { method: 'PUT', body, headers: { 'if-match': revision } });
    const card = { title: 'Law, 100%', forUse: 'Contracts', licence: 'Apache-2.0', owner: 'law@example.com' };
    expect((await put('"0"', card)).body.card).toMatchObject({ ...card, notForUse: '', revision: 1 });
    const [one, other] = await Promise.all([put('"1"', { ...card, title: 'A' }), put('"1"', { ...card, title: 'B' })]);
    expect([one.status, other.status].toSorted()).toEqual([200, 412]);
    expect((await house.call(`/components/${sha256}`)).headers.get('etag')).toBe('"2"');
    expect((await put('"2"', { ...card, parentSha256: sha256 })).body).toMatchObject({ status: 400, field: 'parentSha256' });
    const { items } = await house.get('listAudit', '/audit?limit=5');
    expect(items.find(({ action }) => action === 'component.card')).toMatchObject({ subject: `component/${sha256}` });
  });

  it('are found by kind, name, model and what their card says, in pages', async () => {
    const search = (query: string) => house.get('listComponents', `/components?${query}`);
    expect((await search('name=expert/3/5')).items.map(({ sha256 }) => sha256).toSorted()).toEqual([manifest.components['expert/3/5'], tunedManifest.components['expert/3/5']].toSorted());
    expect((await search('text=CONTRACTS')).items).toMatchObject([{ sha256: manifest.components['expert/0/3'], owner: 'law@example.com' }]);
    expect((await search('text=%25%25')).items).toEqual([]);
    expect((await search('model=nobody')).items).toEqual([]);
    expect((await search('recalled=true')).items).toEqual([]);
    expect((await house.call('/components?kind=wheel')).body).toMatchObject({ status: 400, field: 'kind' });
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof search>> = await search(`kind=expert&limit=7${cursor ? `&cursor=${cursor}` : ''}`);
      seen.push(...page.items.map(({ sha256 }) => sha256));
      cursor = page.nextCursor;
    } while (cursor);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toHaveLength(33);
  });
});

describe('uploads', () => {
  it('come in pieces, go on after a restart and end as a component version with a card', async () => {
    const bytes = expertFile(0.25);
    const sha256 = sha256Of(bytes);
    const order = { sha256, sizeBytes: bytes.byteLength, kind: 'expert', component: 'expert/0/0', model: 'tiny-mixtral', card: { owner: 'ann' } };
    const { status, body: opened } = await house.call('/uploads', { method: 'POST', body: order });
    expect(status).toBe(201);
    const put = (offset: number, end = bytes.byteLength) => house.call(`/uploads/${opened.uploadId}?offset=${offset}`, { method: 'PUT', body: bytes.subarray(offset, end) });
    expect((await put(0, 300_000)).body).toMatchObject({ state: 'open', offsetBytes: 300_000 });
    await house.restart();
    expect((await put(0)).body).toMatchObject({ status: 409, code: 'wrong_offset', field: 'offset', detail: expect.stringContaining('300000') });
    expect(await house.get('getUpload', `/uploads/${opened.uploadId}`)).toMatchObject({ offsetBytes: 300_000 });
    expect((await put(300_000)).body).toMatchObject({ state: 'finished', offsetBytes: bytes.byteLength });
    expect(sha256Of(house.bytesOf(sha256))).toBe(sha256);
    expect(await house.get('getComponent', `/components/${sha256}`)).toMatchObject({ kind: 'expert', sizeBytes: bytes.byteLength, card: { owner: 'ann', parentSha256: manifest.components['expert/0/0'] }, usedBy: [] });
    expect((await put(0)).body).toMatchObject({ status: 409, code: 'upload_ended' });
    const again = await house.call('/uploads', { method: 'POST', body: order });
    expect(again).toMatchObject({ status: 200, body: { uploadId: null, state: 'finished' } });
    expect((await house.get('listComponents', '/components?unreferenced=true')).items.map((one) => one.sha256)).toEqual([sha256]);
  });

  it.each([
    ['other bytes than the digest names', () => expertFile(0.5), { sha256: UNKNOWN }, 'digest_differs', /SHA-256/],
    ['NaN', () => expertFile(Number.NaN), {}, 'not_finite', /gate_proj|up_proj|down_proj/],
    ['no safetensors', () => new Uint8Array(5000).fill(7), {}, 'malformed_weights', /header/],
    ['tensors of another kind', () => expertFile(0.5), { kind: 'router' }, 'wrong_tensors', /weight/],
    ['another shape than the model', () => expertFile(0.5, [8, 4]), { component: 'expert/0/0', model: 'tiny-mixtral' }, 'wrong_tensors', /expert\/0\/0 of tiny-mixtral/],
  ])('refuse %s, and leave nothing', async (_, file, order, code, detail) => {
    const answer = await house.upload(file(), { kind: 'expert', ...order });
    expect(answer).toMatchObject({ status: 422, body: { code, detail: expect.stringMatching(detail) } });
    const { items } = await house.get('listUploads', '/uploads?limit=1');
    expect(items[0]).toMatchObject({ state: 'failed', error: { code }, offsetBytes: 0 });
    expect(existsSync(join(house.home, 'components', '.uploads', `${items[0]!.uploadId}.part`))).toBe(false);
  });

  it('take one piece at a time, and check a file that is whole but was not checked before a crash', async () => {
    const bytes = expertFile(0.015625);
    const order = { sha256: sha256Of(bytes), sizeBytes: bytes.byteLength, kind: 'expert' };
    const { uploadId } = (await house.call('/uploads', { method: 'POST', body: order })).body;
    const put = (offset: number, piece: Uint8Array) => house.call(`/uploads/${uploadId}?offset=${offset}`, { method: 'PUT', body: piece });
    const both = await Promise.all([put(0, bytes.subarray(0, 400_000)), put(0, bytes.subarray(0, 400_000))]);
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    expect((await house.get('getUpload', `/uploads/${uploadId}`)).offsetBytes).toBe(400_000);
    appendFileSync(join(house.home, 'components', '.uploads', `${uploadId}.part`), bytes.subarray(400_000));
    expect((await put(bytes.byteLength, new Uint8Array(0))).body).toMatchObject({ state: 'finished' });
    expect(sha256Of(house.bytesOf(order.sha256))).toBe(order.sha256);
    expect((await house.call(`/components/${order.sha256}`, { method: 'DELETE' })).status).toBe(204);
  });

  it('are given up when nothing comes for a day', async () => {
    const { uploadId } = (await house.call('/uploads', { method: 'POST', body: { sha256: UNKNOWN, sizeBytes: 100, kind: 'router' } })).body;
    await house.call(`/uploads/${uploadId}?offset=0`, { method: 'PUT', body: new Uint8Array(50) });
    await house.dataSource.query(`UPDATE signalbox.upload SET expires_at = now() - interval '1 second' WHERE id = $1`, [uploadId]);
    await house.restart();
    expect(await house.get('getUpload', `/uploads/${uploadId}`)).toMatchObject({ state: 'expired', offsetBytes: 0 });
  });

  it('are refused where the path or the cursor is none', async () => {
    const cursor = (position: unknown[]): string => Buffer.from(JSON.stringify(position)).toString('base64url');
    for (const path of [`/uploads?cursor=${cursor([1, 'x'])}`, `/components?cursor=${cursor([1e300, UNKNOWN])}`, `/releases?cursor=${cursor([-1, UNKNOWN])}`, `/compatibility?cursor=${cursor([1, UNKNOWN])}`, `/router-releases?cursor=${cursor(['x', 'y', 'z'])}`]) {
      expect((await house.call(path)).body, path).toMatchObject({ status: 400, field: 'cursor' });
    }
    expect((await house.call('/components/xyz')).body).toMatchObject({ status: 400, field: 'sha256' });
  });

  it('say what is wrong with an order', async () => {
    const order = { sha256: UNKNOWN, sizeBytes: 10, kind: 'expert' };
    const post = async (change: object) => (await house.call('/uploads', { method: 'POST', body: { ...order, ...change } })).body;
    expect(await post({ component: 'router/0', model: 'tiny-mixtral' })).toMatchObject({ status: 400, field: 'component' });
    expect(await post({ component: 'expert/0/0' })).toMatchObject({ status: 400, field: 'model' });
    expect(await post({ component: 'expert/0/0', model: 'nobody' })).toMatchObject({ status: 404, field: 'model' });
    expect(await post({ sizeBytes: 2 ** 40 })).toMatchObject({ status: 400, field: 'sizeBytes' });
    const { uploadId } = await post({});
    expect((await house.call(`/uploads/${uploadId}?offset=0`, { method: 'PUT', body: new Uint8Array(11) })).body).toMatchObject({ status: 422, code: 'too_long' });
    expect((await house.call(`/uploads/${uploadId}`, { method: 'DELETE' })).status).toBe(204);
    expect((await house.call(`/uploads/${uploadId}`, { method: 'DELETE' })).body).toMatchObject({ status: 409, code: 'upload_ended' });
  });
});

describe('composed releases', () => {
  const compose = (body: object) => house.call('/releases', { method: 'POST', body });

  it('replace a component, tell what that means and are there once', async () => {
    const sha256 = tunedManifest.components['expert/3/5']!;
    const made = await compose({ base: parent, replace: { 'expert/3/5': sha256 } });
    expect(made).toMatchObject({ status: 201, body: { releaseId: tuned, created: false, diff: { kind: 'expert', compatibility: { allowed: true, reason: 'trained-together' } } } });
    const twice = await compose({ base: parent, replace: { 'expert/3/5': sha256, 'expert/3/4': sha256 }, note: 'try' });
    expect(twice.body).toMatchObject({ created: true, diff: { kind: 'expert', shared: 36, compatibility: { allowed: false, reason: 'no-record' } } });
    // One version in two places is loaded once; what the stable release holds costs nothing.
    expect(twice.body.diff.memory).toMatchObject({ resident: [parent], componentsToLoad: 1, additionalBytes: EXPERT_ELEMENTS * 4 });
    expect(await house.get('getRelease', `/releases/${twice.body.releaseId}`)).toMatchObject({ parent, note: 'try', kind: 'expert' });
    const { routerSet, expertSet } = await house.get('getRelease', `/releases/${twice.body.releaseId}`);
    const record = { model: 'tiny-mixtral', routerSet, expertSet, verdict: 'evaluated', evidence: 'held-out perplexity' };
    expect((await house.call('/compatibility', { method: 'POST', body: record })).status).toBe(201);
    expect((await house.get('getReleaseDiff', `/releases/${twice.body.releaseId}/diff`)).compatibility).toEqual({ allowed: true, reason: 'evaluated' });
    expect((await house.call('/compatibility', { method: 'POST', body: { ...record, expertSet: UNKNOWN } })).body).toMatchObject({ status: 404, field: 'expertSet' });
  });

  it('are previewed as they would be, with nothing written', async () => {
    const order = { base: parent, replace: { 'expert/2/1': tunedManifest.components['expert/3/5']! }, routing: { topK: 1 } };
    const preview = await house.call('/releases/preview', { method: 'POST', body: order });
    expect(preview).toMatchObject({ status: 200, body: { exists: false, diff: { kind: 'router-and-expert', against: parent, components: [{ name: 'expert/2/1' }], settings: [{ field: 'routing.topK' }] } } });
    expect((await house.call(`/releases/${preview.body.releaseId}`)).status).toBe(404);
    const same = { base: parent, replace: { 'expert/3/5': tunedManifest.components['expert/3/5'] } };
    expect((await house.call('/releases/preview', { method: 'POST', body: same })).body).toMatchObject({ releaseId: tuned, exists: true });
    expect((await house.call('/releases/preview', { method: 'POST', body: { base: parent, routing: { topK: 9 } } })).body).toMatchObject({ status: 400, field: 'routing.topK' });
  });

  it('take routers of one release and change routing settings', async () => {
    const made = await compose({ base: tuned, routing: { topK: 1 } });
    expect(made.body.diff).toMatchObject({ kind: 'router', settings: [{ field: 'routing.topK', before: 2, after: 1 }], summary: 'router release: routing.topK 2 -> 1; 38 components shared' });
    const back = await compose({ base: made.body.releaseId, routersFrom: parent });
    expect(back.body).toMatchObject({ releaseId: tuned, created: false });
    const text = await house.call(`/releases/${made.body.releaseId}/diff?against=${parent}`, { headers: { accept: 'text/plain' } });
    expect(text.headers.get('content-type')).toContain('text/plain');
    expect(text.body).toContain('expert/3/5:');
    expect(text.body).toContain('routing.topK: 2 -> 1');
  });

  it.each([
    [{ base: UNKNOWN }, 404, 'base'],
    [{ replace: { 'expert/3/5': UNKNOWN } }, 404, 'replace.expert/3/5'],
    [{ replace: { 'expert/9/9': UNKNOWN } }, 400, 'replace.expert/9/9'],
    [{ routing: { topK: 9 } }, 400, 'routing.topK'],
    [{ expertsFrom: UNKNOWN }, 404, 'expertsFrom'],
  ])('refuse %o', async (change, status, field) => {
    expect((await compose({ base: parent, ...change })).body).toMatchObject({ status, field });
  });

  it('refuse versions of another kind, of another shape and recalled ones', async () => {
    expect((await compose({ base: parent, replace: { 'expert/0/0': manifest.components['router/0'] } })).body).toMatchObject({ status: 400, code: 'kinds_differ' });
    const small = expertFile(0.75, [8, 4]);
    expect((await house.upload(small, { kind: 'expert' })).body.state).toBe('finished');
    expect((await compose({ base: parent, replace: { 'expert/0/0': sha256Of(small) } })).body).toMatchObject({ status: 409, code: 'tensors_do_not_fit', detail: expect.stringContaining('[320, 256]') });
    const recalled = expertFile(0.125);
    await house.upload(recalled, { kind: 'expert' });
    await house.dataSource.query(`UPDATE signalbox.component_version SET recalled_at = now(), recalled_by = 'x', recall_reason = 'leaks names' WHERE sha256 = $1`, [sha256Of(recalled)]);
    expect((await compose({ base: parent, replace: { 'expert/0/0': sha256Of(recalled) } })).body).toMatchObject({ status: 409, code: 'component_recalled', detail: expect.stringContaining('leaks names') });
    expect((await house.get('listComponents', '/components?recalled=true')).items).toMatchObject([{ sha256: sha256Of(recalled), recall: { reason: 'leaks names' } }]);
  });

  it('are listed by cursor, each once', async () => {
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof house.get<'listReleases'>>> = await house.get('listReleases', `/releases?limit=2${cursor ? `&cursor=${cursor}` : ''}`);
      seen.push(...page.items.map(({ releaseId }) => releaseId));
      cursor = page.nextCursor;
    } while (cursor);
    expect(seen.at(-1)).toBe(parent);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toHaveLength(5);
    const sets: string[] = [];
    do {
      const page: Awaited<ReturnType<typeof house.get<'listRouterReleases'>>> = await house.get('listRouterReleases', `/router-releases?limit=1${cursor ? `&cursor=${cursor}` : ''}`);
      sets.push(...page.items.map(({ routerSet }) => routerSet));
      cursor = page.nextCursor;
    } while (cursor);
    expect(sets).toHaveLength(3);
  });
});

describe('deleting', () => {
  it('names what still refers to a version or a release', async () => {
    const inUse = await house.call(`/components/${manifest.components['expert/3/5']}`, { method: 'DELETE' });
    expect(inUse.body).toMatchObject({ status: 409, code: 'still_referenced', detail: expect.stringContaining(`${parent} as expert/3/5`) });
    expect(existsSync(house.pathOf(manifest.components['expert/3/5']!))).toBe(true);
    expect((await house.call(`/releases/${parent}`, { method: 'DELETE' })).body).toMatchObject({ status: 409, detail: expect.stringContaining('stable release of tiny-mixtral') });
    expect((await house.call(`/releases/${tuned}`, { method: 'DELETE' })).body).toMatchObject({ status: 409, detail: expect.stringContaining('releases made from it') });
    expect((await house.call(`/components/${UNKNOWN}`, { method: 'DELETE' })).body).toMatchObject({ status: 404 });
  });

  it('removes the row, then the file, with an audit entry; a release first frees what it held', async () => {
    const bytes = expertFile(0.0625);
    const sha256 = sha256Of(bytes);
    await house.upload(bytes, { kind: 'expert' });
    const { body } = await house.call('/releases', { method: 'POST', body: { base: parent, replace: { 'expert/1/1': sha256 } } });
    expect((await house.call(`/components/${sha256}`, { method: 'DELETE' })).status).toBe(409);
    expect((await house.call(`/releases/${body.releaseId}`, { method: 'DELETE' })).status).toBe(204);
    expect((await house.call(`/components/${sha256}`, { method: 'DELETE' })).status).toBe(204);
    expect(existsSync(house.pathOf(sha256))).toBe(false);
    expect((await house.call(`/components/${sha256}`)).status).toBe(404);
    const { items } = await house.get('listAudit', '/audit?limit=2');
    expect(items.map(({ action }) => action)).toEqual(['component.delete', 'release.delete']);
  });

  it('after a crash between row and file, removes the marked file, and only if its row is gone', async () => {
    const bytes = expertFile(0.03125);
    const sha256 = sha256Of(bytes);
    await house.upload(bytes, { kind: 'expert' });
    const kept = manifest.components['router/0']!;
    for (const one of [sha256, kept]) writeFileSync(join(house.home, 'components', '.marks', one), '');
    await house.dataSource.query('DELETE FROM signalbox.component_version WHERE sha256 = $1', [sha256]);
    await house.restart();
    expect([existsSync(house.pathOf(sha256)), existsSync(house.pathOf(kept))]).toEqual([false, true]);
  });

  it('waits for no import: it says that one runs', async () => {
    const [runner] = [house.dataSource.createQueryRunner()];
    await runner.query('SELECT pg_advisory_lock(7070009)');
    try {
      expect((await house.call(`/components/${manifest.components['router/0']}`, { method: 'DELETE' })).body).toMatchObject({ status: 409, code: 'import_running' });
    } finally {
      await runner.query('SELECT pg_advisory_unlock(7070009)');
      await runner.release();
    }
  });

  it('a missing file is told, and can be uploaded again', async () => {
    const sha256 = tunedManifest.components['expert/3/5']!;
    const bytes = Uint8Array.from(house.bytesOf(sha256));
    rmSync(house.pathOf(sha256));
    expect((await house.get('getComponent', `/components/${sha256}`)).present).toBe(false);
    expect((await house.get('getReleaseDiff', `/releases/${tuned}/diff`)).compatibility.allowed).toBe(true);
    expect((await house.call(`/components/compare?a=${sha256}&b=${sha256}`)).body).toMatchObject({ status: 409, code: 'component_file_missing' });
    expect((await house.upload(bytes, { kind: 'expert' })).body.state).toBe('finished');
    expect(await house.get('getComponent', `/components/${sha256}`)).toMatchObject({ present: true, card: { madeHow: expect.stringContaining('import of') } });
  });
});
