import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ROUTES } from '#libs/contract/management/routes';
import { runCli } from '../../apps/cli/program.ts';
import { AccessHouse } from '../access/access-house.ts';
import { OTHER_RELEASE, RELEASE, saveRelease } from '../store/store.fixture.ts';

const PLAN = {
  model: 'toy', candidate: OTHER_RELEASE, shadowShare: 0.5,
  steps: [{ share: 0.1, bakeMs: 60_000, minRequests: 10, maxMs: 600_000 }],
  guards: [{ kind: 'error-rate' }, { kind: 'latency' }, { kind: 'output-divergence' }],
};

let house: AccessHouse;
let folder: string;

beforeAll(async () => {
  house = new AccessHouse();
  await house.start();
  await saveRelease(house.dataSource, OTHER_RELEASE, Date.now());
  folder = mkdtempSync(join(tmpdir(), 'signalbox-rollout-'));
});
afterAll(async () => {
  await house.stop();
  rmSync(folder, { recursive: true, force: true });
});

const post = (path: string, body: unknown, key = house.admin) => house.call(`/api/v1${path}`, { method: 'POST', key, body });

async function cli(...args: readonly string[]): Promise<{ code: number; out: string; notes: string }> {
  let [out, notes] = ['', ''];
  const plain = (text: string): string => text;
  const code = await runCli(['rollout', ...args], {
    env: { SIGNALBOX_URL: house.url, SIGNALBOX_API_KEY: house.admin }, columns: 120, rows: 40, isTty: false, workingDir: folder,
    colors: { dim: plain, red: plain, yellow: plain, bold: plain }, signal: new AbortController().signal,
    print: (text) => void (out += `${text}\n`), note: (text) => void (notes += `${text}\n`),
  });
  return { code, out, notes };
}

it.each([
  ['plan.steps.0.share', { ...PLAN, steps: [{ ...PLAN.steps[0], share: 1 }] }, /give 0 to 0.99/],
  ['plan.guards.0.kind', { ...PLAN, guards: [{ kind: 'vibes' }] }, /give error-rate, latency/],
  ['plan.guards.2.kind', { ...PLAN, shadowShare: 0 }, /shadowShare above 0/],
  ['plan.watch.maxMs', { ...PLAN, watch: { bakeMs: 5, minRequests: 1, maxMs: 1 } }, /at least bakeMs/],
  ['plan.colour', { ...PLAN, colour: 'red' }, /not known here/],
])('refuses a plan and names %s', async (field, plan, detail) => {
  const { status, body } = await post('/rollouts', { plan });
  expect({ status, field: body.field }).toEqual({ status: 400, field });
  expect(body.detail).toMatch(detail);
  expect((await house.call('/api/v1/rollouts')).body.items).toEqual([]);
});

it('starts, shows, pauses, resumes and aborts a rollout; the same over the command line', async () => {
  const viewer = await house.account(['viewer']);
  expect((await post('/rollouts', { plan: PLAN }, viewer.key)).status).toBe(403);
  const created = await post('/rollouts', { plan: PLAN, reason: 'try it' });
  expect(created.status).toBe(201);
  const rollout = ROUTES.createRollout.response.parse(created.body);
  expect(rollout).toMatchObject({ state: 'running', step: 0, steps: 1, share: 0.1, stable: RELEASE, candidate: OTHER_RELEASE, changedExperts: [], current: { verdict: 'wait', reason: 'too-few-requests' } });
  expect(rollout.plan).toMatchObject({ falseRollbackRate: 0.05, stickyBy: 'session', onNoData: 'pause', guards: [{ margin: 0.005 }, { margin: 0.05, quantile: 0.95 }, { measure: 'argmax-disagreement', margin: 0.2 }] });
  expect((await post('/rollouts', { plan: PLAN })).body).toMatchObject({ status: 409 });
  expect((await house.call(`/api/v1/models/toy/activation`)).body).toMatchObject({ canary: { releaseId: OTHER_RELEASE, share: 0.1 }, shadow: { share: 0.5 } });
  expect((await post(`/rollouts/${rollout.id}/pause`, { reason: 'lunch' })).body).toMatchObject({ state: 'paused', reason: 'paused-by-hand' });
  expect((await post(`/rollouts/${rollout.id}/pause`, {})).body).toMatchObject({ status: 409, code: 'rollout_state' });

  const shown = await cli('status', rollout.id, '--verdicts');
  expect(shown.code, shown.notes).toBe(0);
  expect(shown.out).toContain('paused: paused-by-hand');
  expect(shown.out).toContain('output-divergence/argmax-disagreement');
  expect(shown.out).toMatch(/step 1 {2}pause: paused-by-hand/);
  expect((await cli('resume', rollout.id)).out).toContain('running: step 1 of 1 at 10%, 0 of 10 requests');
  expect((await cli('status')).out).toContain(rollout.id);
  expect((await cli('abort', rollout.id, '--reason', 'not today')).out).toContain('aborted');
  const watched = await cli('watch', rollout.id);
  expect(watched).toMatchObject({ code: 1, notes: expect.stringContaining('The rollout was aborted: aborted-by-hand.') });
  const activation = (await house.call('/api/v1/models/toy/activation')).body;
  expect(activation).toMatchObject({ releaseId: RELEASE, canary: null, shadow: null });

  const first = (await house.call(`/api/v1/rollouts/${rollout.id}/verdicts?limit=2`, { key: viewer.key })).body;
  const rest = (await house.call(`/api/v1/rollouts/${rollout.id}/verdicts?limit=50&cursor=${first.nextCursor}`)).body;
  const verdicts = [...first.items, ...rest.items].map(({ verdict, reason }: { verdict: string; reason: string }) => `${verdict} ${reason}`);
  expect(verdicts.filter((text) => !text.includes('too-few-requests'))).toEqual(['end aborted-by-hand', 'wait resumed-by-hand', 'pause paused-by-hand']);
  expect((await house.call('/api/v1/rollouts/0197280f-6000-7000-8000-000000000001')).body).toMatchObject({ status: 404, code: 'rollout_not_found' });
});

it('starts from a file or from options, and says what is wrong with either', async () => {
  writeFileSync(join(folder, 'plan.json'), JSON.stringify({ ...PLAN, falseRollbackRate: 0.01 }));
  writeFileSync(join(folder, 'wrong.json'), JSON.stringify({ ...PLAN, steps: [] }));
  expect(await cli('start', 'wrong.json')).toMatchObject({ code: 2, notes: expect.stringContaining('plan.steps: give at least one step') });
  expect(await cli('start', 'nowhere.json')).toMatchObject({ code: 2 });
  expect(await cli('start', '--model', 'toy')).toMatchObject({ code: 2, notes: expect.stringContaining('--release') });
  expect(await cli('start', '--model', 'toy', '--release', OTHER_RELEASE, '--shares', '0.1,x')).toMatchObject({ code: 2, notes: expect.stringContaining('--shares') });
  const fromFile = await cli('start', 'plan.json');
  expect(fromFile.code, fromFile.notes).toBe(0);
  const [id] = /[0-9a-f-]{36}/.exec(fromFile.out) ?? [];
  expect((await house.call(`/api/v1/rollouts/${id}`)).body.plan).toMatchObject({ falseRollbackRate: 0.01 });
  expect((await cli('abort', id!)).code).toBe(0);
  const fromOptions = await cli('start', '--model', 'toy', '--release', OTHER_RELEASE, '--shares', '0.05, 0.5', '--bake', '30', '--shadow', '0.1');
  expect(fromOptions.code, fromOptions.notes).toBe(0);
  const [other] = /[0-9a-f-]{36}/.exec(fromOptions.out) ?? [];
  expect((await house.call(`/api/v1/rollouts/${other}`)).body).toMatchObject({ steps: 2, plan: { steps: [{ share: 0.05, bakeMs: 30_000 }, { share: 0.5 }], guards: [{ kind: 'error-rate' }, { kind: 'latency' }, { kind: 'routing-divergence' }, { kind: 'output-divergence' }] } });
  expect((await cli('abort', other!)).code).toBe(0);
});
