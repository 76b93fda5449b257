import { randomUUID } from 'node:crypto';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadConfig } from '#libs/platform/config/config';
import { Health } from '#libs/platform/health/health';
import { createLogger } from '#libs/platform/logs/logger';
import { runCli } from '../../apps/cli/program.ts';
import { createInferenceApp } from '../../apps/inference/inference-app.ts';
import { until } from '../harness/until.ts';
import { RegistryHouse } from '../registry/registry-house.ts';

const MODEL = 'tiny-mixtral';
const PROMPTS = ['In the beginning', 'The quick brown fox', 'function add(a, b)', 'Once upon a time', 'Der Befehl gibt', 'Elle ouvre'];
const EXPERTS = ['expert/0/0', 'expert/3/5'];
const plain = (text: string): string => text;

let house: RegistryHouse;
let inference: NestFastifyApplication;
let url: string;
let parent: string;
let quantised: string;

beforeAll(async () => {
  house = await RegistryHouse.open();
  parent = (await house.importDemo()).releaseId!;
  const config = loadConfig({ SIGNALBOX_HOME: house.home, SIGNALBOX_LOG_LEVEL: 'warn' });
  const producer = { add: async () => undefined };
  inference = await createInferenceApp({ config, logger: createLogger({ level: 'warn', role: 'inference' }), health: new Health(), producer }, house.databaseUrl);
  await inference.listen({ host: '127.0.0.1', port: 0 });
  url = (await inference.getUrl()).replace('[::1]', '127.0.0.1');
});

afterAll(async () => {
  await inference?.close();
  await house?.close();
});

async function signalbox(args: readonly string[], exitCode = 0): Promise<string> {
  const [out, notes]: [string[], string[]] = [[], []];
  const terminal = {
    env: house.environment, columns: 120, rows: 40, isTty: false, colors: { dim: plain, red: plain, yellow: plain, bold: plain },
    signal: new AbortController().signal, workingDir: house.home, print: (text: string) => void out.push(text), note: (text: string) => void notes.push(text),
  };
  expect(await runCli(args, terminal), notes.join('\n')).toBe(exitCode);
  return [...out, ...(exitCode === 0 ? [] : notes)].join('\n');
}

/** Which releases answer to each of the prompts. */
async function answering(model = MODEL): Promise<Set<string | null>> {
  const releases = new Set<string | null>();
  for (const prompt of PROMPTS) {
    const answer = await fetch(`${url}/v1/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${house.environment['SIGNALBOX_API_KEY']}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model, prompt, max_tokens: 4, temperature: 0, user: randomUUID() }),
    });
    if (answer.status !== 200) throw new Error(`${answer.status}: ${await answer.text()}`);
    await answer.text();
    releases.add(answer.headers.get('x-signalbox-release'));
  }
  return releases;
}

const auditOf = async (subject: string): Promise<string[]> =>
  (await house.dataSource.query('SELECT action FROM signalbox.audit_entry WHERE subject = $1 ORDER BY seq', [subject])).map(({ action }: { action: string }) => action);

it('quantises single experts: a release of its own, with lineage, less memory and an entry in the audit log', async () => {
  const told = await signalbox(['releases', 'quantise', parent.slice(0, 12), '--precision', 'int8', '--components', EXPERTS.join(','), '--note', 'half the memory']);
  expect(told).toContain('expert release: 2 of 32 experts changed (expert/0/0, expert/3/5); 36 components shared');
  quantised = /release ([0-9a-f]{64})/.exec(told)![1]!;
  const release = await house.get('getRelease', `/releases/${quantised}`);
  expect(release).toMatchObject({ parent, kind: 'expert', note: 'half the memory' });
  const before = (await house.get('getRelease', `/releases/${parent}`)).manifest.components;
  for (const name of EXPERTS) {
    const version = await house.get('getComponent', `/components/${release.manifest.components[name]}`);
    expect(version).toMatchObject({ kind: 'expert', madeFrom: [before[name]], card: { parentSha256: before[name], madeHow: 'quantised, block-32-int8-symmetric/1' } });
  }
  const { memory } = await house.get('getReleaseDiff', `/releases/${quantised}/diff`);
  // 9 bits for each of 3 x 320 x 256 weights.
  expect(memory).toMatchObject({ additionalBytes: 2 * 3 * 320 * 256 * (9 / 8), componentsToLoad: 2 });
  const [job] = (await house.get('listImports', '/imports?limit=1')).items;
  expect(job).toMatchObject({ directory: `release/${parent}`, derivation: { kind: 'quantise', precision: 'int8', components: EXPERTS }, state: 'succeeded', releaseId: quantised });
  expect(await auditOf(`release/${quantised}`)).toEqual(['release.derive']);
  expect(await auditOf(`import/${job!.id}`)).toEqual(['derivation.create']);
});

it('lets the quantised release answer as a canary, says whether someone vouches for it, and takes it back', async () => {
  expect(await answering()).toEqual(new Set([parent]));
  const share = { method: 'POST', body: { release: quantised, share: 1, stickyBy: 'request' } };
  const generation = async (): Promise<Record<string, string>> => ({ 'if-match': (await house.call(`/models/${MODEL}/activation`)).headers.get('etag') ?? '' });
  const compatibility = async () => (await house.get('getReleaseDiff', `/releases/${quantised}/diff`)).compatibility;
  expect(await compatibility()).toEqual({ allowed: false, reason: 'no-record' });
  const { routerSet, expertSet } = await house.get('getRelease', `/releases/${quantised}`);
  const vouched = await house.call('/compatibility', { method: 'POST', body: { model: MODEL, routerSet, expertSet, verdict: 'evaluated', evidence: 'bench/quality' } });
  expect(vouched.status).toBe(201);
  expect(await compatibility()).toEqual({ allowed: true, reason: 'evaluated' });
  const started = await house.call(`/models/${MODEL}/canary`, { ...share, headers: await generation() });
  expect(started.status, JSON.stringify(started.body)).toBe(200);
  await until(async () => (await answering()).has(quantised), 120_000);
  const aborted = await house.call(`/models/${MODEL}/abort`, { method: 'POST', body: {} });
  expect(aborted.status, JSON.stringify(aborted.body)).toBe(200);
  await until(async () => !(await answering()).has(quantised), 120_000);
});

it('makes a dense twin over the same backbone, which answers under a name of its own', async () => {
  expect(await signalbox(['releases', 'densify', parent, '--as', 'tiny-dense'], 1)).toContain('experts of each layer');
  expect(await signalbox(['releases', 'densify', parent, '--as', 'tiny-dense', '--experts', '4+1,6+0,7+2,2+3'])).toContain('tiny-dense');
  const [twin] = (await house.get('listReleases', '/releases?model=tiny-dense')).items;
  const { manifest } = await house.get('getRelease', `/releases/${twin!.releaseId}`);
  expect(manifest.components['backbone']).toBe((await house.get('getRelease', `/releases/${parent}`)).manifest.components['backbone']);
  expect(manifest.shape).toMatchObject({ experts: 1, expertWidth: 640 });
  await until(async () => (await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${house.environment['SIGNALBOX_API_KEY']}` } }).then((answer) => answer.text())).includes('tiny-dense'), 120_000);
  expect(await answering('tiny-dense')).toEqual(new Set([twin!.releaseId]));
});

it('names what it cannot do, and can be cancelled while it waits', async () => {
  const order = (body: unknown) => house.call(`/releases/${parent}/derivations`, { method: 'POST', body });
  expect((await order({ precision: 'int8', components: ['router/0'] })).body).toMatchObject({ status: 400, code: 'not_quantisable', field: 'components' });
  expect((await house.call(`/releases/${parent}/dense-twins`, { method: 'POST', body: { model: MODEL } })).body).toMatchObject({ status: 400, field: 'model' });
  expect((await order({ precision: 'int3' })).body).toMatchObject({ status: 400, field: 'precision' });
  expect(await signalbox(['releases', 'quantise', quantised, '--precision', 'int4', '--components', 'expert/0/0'], 1)).toContain('quantised already');
  const [running, waiting] = [await order({ precision: 'int4', components: 'experts-and-backbone' }), await order({ precision: 'int8' })];
  expect([running.status, waiting.status]).toEqual([202, 202]);
  for (const { body } of [waiting, running]) await house.call(`/imports/${body.id}`, { method: 'DELETE' });
  expect(await house.get('getImport', `/imports/${waiting.body.id}`)).toMatchObject({ state: 'cancelled', releaseId: null });
  expect(await auditOf(`import/${waiting.body.id}`)).toEqual(['derivation.create', 'import.cancel']);
});
