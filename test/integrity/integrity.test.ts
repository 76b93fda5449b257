import { chmodSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { STATEMENT_MEDIA_TYPE, statementJson } from '#libs/governance/signature/model-statement';
import { componentResources, releaseResources, subjectName } from '#libs/governance/signature/signed-subject';
import { type ReleaseManifest } from '#libs/release/manifest';
import { generateSigningKey, readPrivateKey } from '#libs/signing/signing-key';
import { signStatement } from '#libs/signing/sign-statement';
import { changeCheckpoint, isExpert } from '../../bench/activation/changed-checkpoint.ts';
import { type Cluster, startCluster } from '../../bench/activation/cluster.ts';
import { Operator } from '../../bench/activation/operator.ts';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { TINY_MIXTRAL } from '../fixtures/tiny-release.ts';
import { freePort, TEST_KEY } from '../harness/signalbox-process.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { until } from '../harness/until.ts';
import { openStore } from '../store/store.fixture.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const MODEL = 'tiny-mixtral';
const mine = generateSigningKey(null);

let postgres: TestPostgres;
let database: string;
let home: string;
let cluster: Cluster;
let operator: Operator;
let base: string;
/** Each differs from the base in one expert, and serves for one test. */
const variants: string[] = [];

beforeAll(async () => {
  postgres = await startPostgres();
  database = await postgres.createDatabase();
  home = newTemporaryHome('integrity-');
  cluster = await startCluster({
    root: ROOT,
    node: join(ROOT, 'node_modules', '.bin', 'node'),
    home,
    databaseUrl: database,
    key: TEST_KEY,
    controlPort: await freePort(),
    inferencePorts: [await freePort()],
    pipelinePort: null,
    environment: { SIGNALBOX_CAPTURE: 'off', SIGNALBOX_ENGINE_THREADS: '1' },
  });
  operator = new Operator(cluster.controlUrl, TEST_KEY, MODEL);
  base = await operator.import(TINY_MIXTRAL);
  for (let expert = 0; expert < 4; expert++) {
    changeCheckpoint(TINY_MIXTRAL, join(home, `variant-${expert}`), (tensor) => isExpert(tensor, 0, expert));
    variants.push(await operator.import(join(home, `variant-${expert}`)));
  }
  await operator.converged(1);
});

afterAll(async () => {
  await cluster?.stop();
  await postgres?.stop();
  if (home) rmSync(home, { recursive: true, force: true });
});

interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

async function call<T = { code?: string; detail?: string }>(method: string, path: string, body?: unknown, ifMatch?: string): Promise<Answer<T>> {
  const answer = await fetch(`${cluster.controlUrl}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${TEST_KEY}`, 'content-type': 'application/json', ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as T };
}

const manifestOf = async (releaseId: string): Promise<ReleaseManifest> => (await call<{ manifest: ReleaseManifest }>('GET', `/releases/${releaseId}`)).body.manifest;
const fileOf = (sha256: string): string => join(home, 'state', 'components', sha256.slice(0, 2), sha256);
const versionOf = async (releaseId: string, component: string): Promise<string> => (await manifestOf(releaseId)).components[component] ?? '';

async function answeringRelease(): Promise<string> {
  const answer = await fetch(`${cluster.inferenceUrls[0]}/v1/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TEST_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: MODEL, prompt: 'In the beginning', max_tokens: 4 }),
  });
  expect(answer.status).toBe(200);
  return answer.headers.get('x-signalbox-release') ?? '';
}

/** Activates a release that must be refused, and waits until the process says why; the one before goes on answering. */
async function refusedBecause(releaseId: string, reason: RegExp): Promise<void> {
  const before = await answeringRelease();
  await operator.command({ type: 'activate', release: releaseId });
  let view = '';
  await until(
    async () => {
      view = JSON.stringify(await operator.activation());
      return /"state":"failed"/.test(view);
    },
    120_000,
    () => view,
  );
  expect(view).toMatch(reason);
  for (let request = 0; request < 5; request++) expect(await answeringRelease()).toBe(before);
  await operator.command({ type: 'activate', release: before });
  await operator.converged(1);
}

async function serves(releaseId: string): Promise<void> {
  await operator.command({ type: 'activate', release: releaseId });
  await operator.converged(1);
  expect(await answeringRelease()).toBe(releaseId);
  await operator.command({ type: 'activate', release: base });
  await operator.converged(1);
}

async function refusals(): Promise<readonly { subject: string; details: { reason: string; component: string | null } }[]> {
  return (await call<{ items: { subject: string; details: { reason: string; component: string | null } }[] }>('GET', '/audit?action=release.refuse-load&limit=200')).body.items;
}

async function sign(kind: 'release' | 'component', digest: string, key = mine): Promise<Answer<{ code?: string; detail?: string }>> {
  const resources = kind === 'release' ? releaseResources(await manifestOf(digest)) : componentResources(digest);
  const bundle = await signStatement(statementJson(subjectName({ kind, digest }), resources), STATEMENT_MEDIA_TYPE, readPrivateKey(key.privatePem, null));
  return call('POST', '/signatures', { kind, digest, bundle });
}

async function policy(level: string): Promise<void> {
  const { body } = await call<{ generation: number }>('GET', '/signature-policy');
  expect((await call('PUT', '/signature-policy', { level }, `"${body.generation}"`)).status).toBe(200);
}

it('never serves a release with a tampered component, names it, and goes on with the one before', async () => {
  const [damaged = ''] = variants;
  const path = fileOf(await versionOf(damaged, 'expert/0/0'));
  const whole = readFileSync(path);
  const { atime, mtime } = statSync(path);
  chmodSync(path, 0o644);
  const bytes = Buffer.from(whole);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  writeFileSync(path, bytes);
  utimesSync(path, atime, mtime);
  await refusedBecause(damaged, /component expert\/0\/0: its file .* has the digest/);
  expect(await refusals()).toMatchObject([{ subject: `release/${damaged}`, details: { reason: 'component-damaged', component: 'expert/0/0' } }]);
  writeFileSync(path, whole);
  await serves(damaged);
});

it('never serves a release whose manifest was altered in the database', async () => {
  const [, altered = '', , other = ''] = variants;
  const store = await openStore(database);
  try {
    const scrambled = await versionOf(other, 'expert/0/3');
    const change = (sha256: string) => store.query(`UPDATE signalbox.release SET manifest = jsonb_set(manifest::jsonb, '{components,expert/0/3}', to_jsonb($2::text)) WHERE id = $1`, [altered, sha256]);
    const original = await versionOf(altered, 'expert/0/3');
    await change(scrambled);
    await refusedBecause(altered, /altered in the database/);
    await change(original);
  } finally {
    await store.destroy();
  }
  // The process keeps manifests of releases that an activation names: another one lets it forget this.
  await serves(other);
  await serves(altered);
  expect(await answeringRelease()).toBe(base);
});

it('asks for signatures where the policy does, and takes no forged, foreign, altered or revoked one', async () => {
  const [, , signed = '', unsigned = ''] = variants;
  expect(await sign('release', signed)).toMatchObject({ status: 422, body: { code: 'signature_key_unknown' } });
  expect((await call('POST', '/trusted-keys', { name: 'team', pem: mine.publicKey.pem })).status).toBe(201);
  expect(await sign('release', signed)).toMatchObject({ status: 201, body: { standing: 'valid' } });
  expect(await sign('release', base)).toMatchObject({ status: 201 });
  // Signed over one release, offered for another.
  const { body } = await call<{ items: { bundle: unknown }[] }>('GET', `/signatures/release/${signed}`);
  expect(await call('POST', '/signatures', { kind: 'release', digest: unsigned, bundle: body.items[0]?.bundle })).toMatchObject({ status: 422, body: { code: 'signature_not_valid', detail: expect.stringMatching(/other bytes of (release\.json|expert)/) } });

  await policy('releases');
  await serves(signed);
  await refusedBecause(unsigned, /the release has no valid signature.*unsigned/);

  const store = await openStore(database);
  try {
    const stored: { bundle: { dsseEnvelope: { payload: string } } }[] = await store.query(`SELECT bundle FROM signalbox.signature WHERE subject_digest = $1`, [signed]);
    const replace = (bundle: unknown) => store.query('UPDATE signalbox.signature SET bundle = $2 WHERE subject_digest = $1', [signed, JSON.stringify(bundle)]);
    const original = stored[0]?.bundle;
    const payload = Buffer.from(statementJson('x', releaseResources(await manifestOf(unsigned)))).toString('base64');
    await replace({ ...original, dsseEnvelope: { ...original?.dsseEnvelope, payload } });
    await refusedBecause(signed, /signature is not that of the key/);
    await replace(original);
  } finally {
    await store.destroy();
  }
  await serves(signed);
  expect((await call('POST', `/trusted-keys/${mine.publicKey.keyId}/revocation`, { reason: 'lost' })).status).toBe(200);
  await refusedBecause(variants[0] ?? '', /no valid signature/);
  // What is loaded goes on serving.
  expect(await answeringRelease()).toBe(base);
});

it('asks for every component where the policy does', async () => {
  const key = generateSigningKey(null);
  expect((await call('POST', '/trusted-keys', { name: 'second', pem: key.publicKey.pem })).status).toBe(201);
  const release = variants[3] ?? '';
  const { components } = await manifestOf(release);
  for (const [name, sha256] of Object.entries(components)) if (name !== 'expert/0/3') expect((await sign('component', sha256, key)).status).toBe(201);
  for (const [name, sha256] of Object.entries((await manifestOf(base)).components)) if (components[name] !== sha256) expect((await sign('component', sha256, key)).status).toBe(201);
  await policy('components');
  await refusedBecause(release, /component expert\/0\/3 has no valid signature/);
  expect((await sign('component', components['expert/0/3'] ?? '', key)).status).toBe(201);
  await serves(release);
  expect((await refusals()).length).toBeGreaterThanOrEqual(5);
});
