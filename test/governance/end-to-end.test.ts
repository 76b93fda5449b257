import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CLIENT, SignInProvider } from '../access/sign-in-provider.ts';
import { writeRetunedCheckpoint } from '../fixtures/retuned-checkpoint.ts';
import { freePort, SignalboxProcess, TEST_KEY } from '../harness/signalbox-process.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { until } from '../harness/until.ts';
import { keyOfSignedIn } from './signed-in.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const NODE = join(ROOT, 'node_modules', '.bin', 'node');
const MODEL = 'tiny-mixtral';

const provider = new SignInProvider();
let home: string;
let signalbox: SignalboxProcess;

beforeAll(async () => {
  home = newTemporaryHome('governed-release-');
  await provider.listen();
  signalbox = new SignalboxProcess(home, await freePort(), {
    SIGNALBOX_OIDC_ISSUER: provider.issuer,
    SIGNALBOX_OIDC_CLIENT_ID: CLIENT.clientId,
    SIGNALBOX_OIDC_CLIENT_SECRET: CLIENT.clientSecret,
    SIGNALBOX_OIDC_ROLE_CLAIM: 'groups',
    SIGNALBOX_OIDC_ROLE_MAP: 'releasers=releaser,approvers=approver+auditor,operators=operator',
  });
  provider.serve(`${signalbox.url}/api/v1/session/oidc/callback`);
  await signalbox.start();
});

afterAll(async () => {
  await signalbox?.stop();
  await provider.stop();
  rmSync(home, { recursive: true, force: true });
});

async function call(key: string, method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<{ status: number; etag: string | null; body: any }> { // oxlint-disable-line typescript/no-explicit-any -- looked into by each step
  const answer = await fetch(`${signalbox.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, etag: answer.headers.get('etag'), body: answer.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text };
}

async function ok(key: string, method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<any> { // oxlint-disable-line typescript/no-explicit-any -- looked into by each step
  const answer = await call(key, method, path, body, headers);
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

async function answeredBy(session: string): Promise<string | null> {
  const answer = await fetch(`${signalbox.url}/v1/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TEST_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: MODEL, prompt: 'The court held that', max_tokens: 4, user: session }),
  });
  expect(answer.status).toBe(200);
  await answer.json();
  return answer.headers.get('x-signalbox-release');
}

let asked = 0;
const serves = (releaseId: string) => until(async () => (await answeredBy(`session-${(asked += 1)}`)) === releaseId, 120_000, () => `${releaseId} does not answer\n${signalbox.log.slice(-2000)}`);

async function imported(expert: string, seed: number): Promise<{ before: string; after: string; sha256: string }> {
  const directory = join(home, `tuned-${seed}`);
  await writeRetunedCheckpoint(directory, { experts: [expert], seed });
  const before = (await ok(TEST_KEY, 'GET', `/api/v1/models/${MODEL}/activation`)).releaseId as string;
  const job = await ok(TEST_KEY, 'POST', '/api/v1/imports', { directory, model: MODEL, parent: before });
  await until(async () => ['succeeded', 'failed'].includes((await ok(TEST_KEY, 'GET', `/api/v1/imports/${job.id}`)).state), 120_000, () => 'the import does not end');
  const done = await ok(TEST_KEY, 'GET', `/api/v1/imports/${job.id}`);
  expect(done.error).toBeNull();
  const diff = await ok(TEST_KEY, 'GET', `/api/v1/releases/${done.releaseId}/diff?against=${before}`);
  expect(diff).toMatchObject({ kind: 'expert', components: [{ name: expert }] });
  return { before, after: done.releaseId, sha256: diff.components[0].after.sha256 };
}

/** Runs a program to its end. */
async function run(command: string, args: readonly string[], env: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const child = spawn(command, args, { cwd: ROOT, env: { PATH: process.env['PATH'] ?? '', ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

it('leads a re-tuned expert through review to all requests and back, by the API', async () => {
  const rita = await keyOfSignedIn(provider, signalbox.url, 'rita', 'releasers', ['read', 'propose', 'registry']);
  const anna = await keyOfSignedIn(provider, signalbox.url, 'anna', 'approvers', ['read', 'approve', 'audit']);
  const oskar = await keyOfSignedIn(provider, signalbox.url, 'oskar', 'operators', ['read', 'operate']);
  const { before, after, sha256 } = await imported('expert/1/3', 1);
  await ok(TEST_KEY, 'PUT', `/api/v1/models/${MODEL}/governance`, { mode: 'required', reason: 'It serves customers.' }, { 'if-match': '"0"' });

  // Directly it is refused; the request for it says what it needs, one thing after the other.
  const { etag } = await call(oskar, 'GET', `/api/v1/models/${MODEL}/activation`);
  expect(await call(oskar, 'PUT', `/api/v1/models/${MODEL}/activation`, { release: after }, { 'if-match': etag ?? '' })).toMatchObject({ status: 409, body: { code: 'change_required' } });
  const strategy = { kind: 'canary', share: 0.5, stickyBy: 'session' };
  const change = await ok(TEST_KEY, 'POST', '/api/v1/changes', { title: 'Re-tuned expert 3 of layer 1', reason: 'Tuned on newer texts.', change: { type: 'replace-expert', model: MODEL, replace: [{ component: 'expert/1/3', sha256 }], strategy } });
  // The import and the composition name the same bytes, so they are the same release.
  expect(change.effect.releaseId).toBe(after);
  const at = `/api/v1/changes/${change.id}`;
  expect(await call(TEST_KEY, 'POST', `${at}/submit`, {})).toMatchObject({ status: 409, body: { code: 'evidence_missing', detail: expect.stringContaining('safety suite') } });
  for (const kind of ['safety-suite', 'recalibration-check']) await ok(rita, 'POST', `${at}/evidence`, { kind, title: kind, content: `{"kind":"${kind}"}`, mediaType: 'application/json' });
  const { digest } = await ok(TEST_KEY, 'POST', `${at}/submit`, {});
  expect(await call(TEST_KEY, 'POST', `${at}/approve`, { digest })).toMatchObject({ status: 403, body: { code: 'own_change' } });
  expect(await call(oskar, 'POST', `${at}/apply`, {})).toMatchObject({ status: 409, body: { code: 'approvals_missing' } });
  expect(await ok(anna, 'POST', `${at}/approve`, { digest, comment: 'as tested' })).toMatchObject({ state: 'approved', blockers: [] });

  expect(await ok(oskar, 'POST', `${at}/apply`, {})).toMatchObject({ state: 'applying' });
  await serves(after);
  await serves(before);
  expect(await ok(oskar, 'POST', `${at}/promote`, {})).toMatchObject({ state: 'applied' });
  await until(async () => (await ok(oskar, 'GET', `/api/v1/models/${MODEL}/activation`)).converged === true, 120_000, () => 'the processes do not converge');
  expect(await Promise.all([1, 2, 3, 4].map((one) => answeredBy(`promoted-${one}`)))).toEqual([after, after, after, after]);
  await ok(oskar, 'POST', `/api/v1/models/${MODEL}/rollback`, { reason: 'answers in the wrong tone' });
  await serves(before);

  const dossier = await ok(anna, 'GET', `${at}/dossier`);
  expect(dossier.outcome.text).toContain('rolled back');
  expect(dossier.change.votes).toMatchObject([{ verdict: 'approve', digest }]);
  expect(dossier.audit.map(({ action }: { action: string }) => action)).toEqual([
    'change.created', 'change.evidence-added', 'change.evidence-added', 'change.submitted', 'change.approved', 'activation.start-canary', 'change.applying', 'activation.promote', 'change.applied',
  ]);
});

it('leads another one the same way by the command line, with a proof of the audit log', async () => {
  const approver = await keyOfSignedIn(provider, signalbox.url, 'petra', 'approvers', ['read', 'approve', 'audit']);
  const checkpoint = join(home, 'tuned-by-hand');
  await writeRetunedCheckpoint(checkpoint, { experts: ['expert/2/5'], seed: 7 });
  const out = join(home, 'example');
  const { code, output } = await run('bash', [join(ROOT, 'docs', 'examples', 'governed-release.sh'), checkpoint], {
    ADMIN_KEY: TEST_KEY, APPROVER_KEY: approver, SIGNALBOX_URL: signalbox.url, SIGNALBOX: `${NODE} ${join(ROOT, 'dist', 'apps', 'cli', 'main.js')}`, OUT: out, HOME: home,
  });
  expect(code, output).toBe(0);
  expect(output).toContain('change evidence add');
  expect(output).toContain('Nobody decides over their own');
  expect(readFileSync(join(out, 'dossier.md'), 'utf8')).toContain('It was rolled back');
  const dossier = JSON.parse(readFileSync(join(out, 'dossier.json'), 'utf8')) as { audit: { seq: number; hash: string }[] };
  const exported = readFileSync(join(out, 'audit.ndjson'), 'utf8');
  for (const { hash } of dossier.audit) expect(exported).toContain(hash);
});
