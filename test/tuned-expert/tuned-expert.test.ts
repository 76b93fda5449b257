import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Difference, type SuiteResult } from '#libs/evaluation/run/result';
import { CLIENT, SignInProvider } from '../access/sign-in-provider.ts';
import { keyOfSignedIn } from '../governance/signed-in.ts';
import { freePort, SignalboxProcess, TEST_KEY } from '../harness/signalbox-process.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { until } from '../harness/until.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const NODE = join(ROOT, 'node_modules', '.bin', 'node');
const MODEL = 'tiny-mixtral';
/** Runs have a low priority, and other tests run beside them. */
const WALK_MS = 900_000;

const provider = new SignInProvider();
let home: string;
let signalbox: SignalboxProcess;

interface Evidence {
  readonly id: string;
  readonly kind: string;
  readonly title: string;
  readonly sha256: string;
}

beforeAll(async () => {
  home = newTemporaryHome('tuned-expert-');
  await provider.listen();
  signalbox = new SignalboxProcess(home, await freePort(), {
    SIGNALBOX_OIDC_ISSUER: provider.issuer,
    SIGNALBOX_OIDC_CLIENT_ID: CLIENT.clientId,
    SIGNALBOX_OIDC_CLIENT_SECRET: CLIENT.clientSecret,
    SIGNALBOX_OIDC_ROLE_CLAIM: 'groups',
    SIGNALBOX_OIDC_ROLE_MAP: 'approvers=approver+auditor',
  });
  provider.serve(`${signalbox.url}/api/v1/session/oidc/callback`);
  await signalbox.start();
});

afterAll(async () => {
  await signalbox?.stop();
  await provider.stop();
  rmSync(home, { recursive: true, force: true });
});

/** The walk-through of docs/tuned-expert.md. */
async function walk(out: string, approverKey: string): Promise<{ code: number | null; output: string }> {
  const child = spawn('bash', [join('docs', 'examples', 'tuned-expert.sh')], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'] ?? '', ADMIN_KEY: TEST_KEY, APPROVER_KEY: approverKey, SIGNALBOX_URL: signalbox.url, SIGNALBOX: `${NODE} ${join(ROOT, 'dist', 'apps', 'cli', 'main.js')}`, OUT: out, HOME: home },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

/** The report that evidence of a kind holds, and the result that it stands on. */
async function evidenceOf(change: { id: string; evidence: readonly Evidence[] }, kind: string): Promise<{ report: string; result: unknown }> {
  const found = change.evidence.find((one) => one.kind === kind);
  if (!found) throw new Error(`no evidence of kind ${kind}`);
  const { content } = await signalbox.json<{ content: string }>(`/api/v1/changes/${change.id}/evidence/${found.id}`);
  const { evaluationId, report, resultSha256 } = JSON.parse(content) as { evaluationId: string; report: string; resultSha256: string };
  const run = await signalbox.json<{ resultSha256: string; result: unknown }>(`/api/v1/evaluations/${evaluationId}`);
  expect(run.resultSha256).toBe(resultSha256);
  return { report, result: run.result };
}

it('leads an expert that was really tuned through its evaluation and review to all requests', async () => {
  const anna = await keyOfSignedIn(provider, signalbox.url, 'anna', 'approvers', ['read', 'approve', 'audit']);
  const out = join(home, 'walk');
  const { code, output } = await walk(out, anna);
  expect(code, `${output}\n${signalbox.lastWords}`).toBe(0);

  const { id } = JSON.parse(readFileSync(join(out, 'change.json'), 'utf8')) as { id: string };
  const { releaseId } = JSON.parse(readFileSync(join(out, 'release.json'), 'utf8')) as { releaseId: string };
  const change = await signalbox.json<{ id: string; state: string; evidence: Evidence[] }>(`/api/v1/changes/${id}`);
  expect(change.state).toBe('applied');
  await until(async () => (await signalbox.json<{ releaseId: string; converged: boolean }>(`/api/v1/models/${MODEL}/activation`)).converged, 120_000, () => 'the processes do not converge');
  expect((await signalbox.json<{ releaseId: string }>(`/api/v1/models/${MODEL}/activation`)).releaseId).toBe(releaseId);

  // By domain: Python surely got better, German surely worse, and the report that approvers read names both.
  const fit = await evidenceOf(change, 'recalibration-check');
  const { verdict, tasks } = fit.result as SuiteResult;
  expect(verdict.outcome, JSON.stringify(verdict)).toBe('pass');
  const heldOut = tasks.find(({ id: task }) => task === 'held-out')?.metrics ?? [];
  const differenceIn = (domain: string): Difference | null | undefined => heldOut.find(({ slice }) => slice?.['domain'] === domain)?.difference;
  expect(differenceIn('python')?.high).toBeLessThan(0);
  expect(differenceIn('python')?.pAdjusted).toBeLessThan(0.001);
  expect(differenceIn('german')?.low).toBeGreaterThan(0);
  expect(fit.report).toMatch(/What got worse[\s\S]*german[\s\S]*What got better[\s\S]*python/);

  // By route: what lies before the expert is as it was, to the bit; what lies after it moves a little.
  const routes = tasks.find(({ id: task }) => task === 'routes')?.metrics ?? [];
  const movedBits = (name: string): number[] => routes.filter((one) => one.name === name).map(({ candidate }) => candidate.value);
  expect(movedBits('routes before the expert stay')).toEqual([0, 0, 0]);
  expect(movedBits('routes after the expert hardly move')[0]).toBeGreaterThan(0);
  expect(routes.find(({ name }) => name === 'Python keeps its last experts')?.difference).not.toBeNull();
  const { result: cause } = await evidenceOf(change, 'attribution');
  expect(cause).toMatchObject({ kind: 'attribution', cause: 'expert', named: ['expert/2/3'] });

  const dossier = JSON.parse(readFileSync(join(out, 'dossier.json'), 'utf8')) as { change: { votes: unknown[]; evidence: Evidence[] } };
  expect(dossier.change.votes).toMatchObject([{ verdict: 'approve' }]);
  expect(dossier.change.evidence.map(({ kind }) => kind).toSorted()).toEqual(['attribution', 'evaluation', 'recalibration-check', 'safety-suite']);
}, WALK_MS);
