import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { readPrompts, shippedPrompts } from '../../apps/cli/demo/prompts.ts';
import { type Retuning, writeRetunedCheckpoint } from '../fixtures/retuned-checkpoint.ts';
import { freePort, SignalboxProcess, TEST_KEY } from '../harness/signalbox-process.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { until } from '../harness/until.ts';

type Body<N extends keyof typeof ROUTES> = RouteOutput<(typeof ROUTES)[N]>;

const ROOT = join(import.meta.dirname, '..', '..');
const MODEL = 'tiny-mixtral';
const WAIT_MS = 240_000;
const PARALLEL = 4;
const HEADERS = { authorization: `Bearer ${TEST_KEY}`, 'content-type': 'application/json' };

let signalbox: SignalboxProcess;
let home: string;
let prompts: readonly string[];
const imported: string[] = [];

beforeAll(async () => {
  home = newTemporaryHome('bad-canary-');
  signalbox = new SignalboxProcess(home, await freePort(), { SIGNALBOX_ROLLOUT_INTERVAL_MS: '250' });
  await signalbox.start();
  prompts = (await readPrompts(shippedPrompts())).map(({ prompt }) => prompt);
});

afterAll(async () => {
  await signalbox?.stop();
  if (home) rmSync(home, { recursive: true, force: true });
});

async function send<T>(path: string, body: unknown): Promise<T> {
  const answer = await fetch(`${signalbox.url}/api/v1${path}`, { method: 'POST', headers: HEADERS, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as T;
}

/** Imports a copy of the demo model in which experts hold their own weights in another order. */
const importScrambled = (experts: readonly string[], gain: number): Promise<string> => importRetuned({ experts, scramble: true, gain });

async function importRetuned(retuning: Retuning): Promise<string> {
  const directory = join(home, `retuned-${imported.length}`);
  imported.push(directory);
  await writeRetunedCheckpoint(directory, retuning);
  const { id } = await send<Body<'createImport'>>('/imports', { directory, model: MODEL });
  let job: Body<'getImport'> | null = null;
  await until(
    async () => {
      job = await signalbox.json<Body<'getImport'>>(`/api/v1/imports/${id}`);
      return job.finishedAt !== null;
    },
    WAIT_MS,
    () => JSON.stringify(job),
  );
  const releaseId = (job as Body<'getImport'> | null)?.releaseId;
  if (!releaseId) throw new Error(JSON.stringify(job));
  return releaseId;
}

interface Answered {
  /** Which of all that were sent it answers, from 1. */
  readonly nth: number;
  readonly status: number;
  readonly release: string | null;
  readonly isWhole: boolean;
}

/** Requests in parallel until told to stop; gives what each was answered. */
function traffic(): { stop: () => Promise<Answered[]>; answered: Answered[]; sent: () => number } {
  const answered: Answered[] = [];
  const stopped = new AbortController();
  let sent = 0;
  const lane = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      const nth = (sent += 1);
      const response = await fetch(`${signalbox.url}/v1/completions`, {
        method: 'POST',
        headers: HEADERS,
        body: JSON.stringify({ model: MODEL, prompt: prompts[nth % prompts.length], max_tokens: 12, ignore_eos: true }),
      });
      const body = (await response.json()) as { usage?: { completion_tokens: number } };
      answered.push({ nth, status: response.status, release: response.headers.get('x-signalbox-release'), isWhole: body.usage?.completion_tokens === 12 });
    }
  };
  const lanes = Array.from({ length: PARALLEL }, lane);
  const stop = async (): Promise<Answered[]> => {
    stopped.abort();
    await Promise.all(lanes);
    return answered;
  };
  return { stop, answered, sent: () => sent };
}

it('rolls a release with a scrambled expert back by itself, by the guard that saw it, while requests go on being answered', async () => {
  const { releaseId: stable } = await signalbox.json<Body<'getActivation'>>(`/api/v1/models/${MODEL}/activation`);
  const candidate = await importScrambled(['expert/3/1'], 4);
  const load = traffic();
  const plan = {
    // So small that the canary surely answers some requests before the guard is that sure, and no other guard is by chance.
    falseRollbackRate: 0.0001,
    model: MODEL, candidate, stickyBy: 'request', shadowShare: 1,
    steps: [{ share: 0.3, bakeMs: 120_000, minRequests: 200, minTokensPerChangedExpert: 100, maxMs: 600_000 }],
    guards: [{ kind: 'error-rate' }, { kind: 'latency', margin: 0.3 }, { kind: 'output-divergence', measure: 'argmax-disagreement', margin: 0.05 }],
  };
  const { id } = await send<Body<'createRollout'>>('/rollouts', { plan, reason: 'a re-tuned expert' });
  const watching = spawn(join(ROOT, 'node_modules', '.bin', 'node'), [join(ROOT, 'dist', 'apps', 'cli', 'main.js'), 'rollout', 'watch', id], {
    cwd: ROOT, env: { PATH: process.env['PATH'], NO_COLOR: '1', SIGNALBOX_URL: signalbox.url, SIGNALBOX_API_KEY: TEST_KEY },
  });
  let watched = '';
  for (const stream of [watching.stdout, watching.stderr]) stream.on('data', (chunk: Buffer) => (watched += chunk.toString()));
  const exited = once(watching, 'close');

  let rollout: Body<'getRollout'> | null = null;
  await until(
    async () => (rollout = await signalbox.json<Body<'getRollout'>>(`/api/v1/rollouts/${id}`)).endedAt !== null,
    WAIT_MS,
    () => JSON.stringify(rollout?.current, null, 1),
  );
  expect(rollout).toMatchObject({ state: 'failed', reason: 'guard-failed', stable, candidate, changedExperts: ['expert/3/1'] });

  const { items } = await signalbox.json<Body<'listRolloutVerdicts'>>(`/api/v1/rollouts/${id}/verdicts`);
  const [verdict] = items;
  expect(verdict).toMatchObject({ verdict: 'fail', reason: 'guard-failed', guard: 'output-divergence/argmax-disagreement' });
  const figures = verdict!.figures.guards.find(({ guard }) => guard === verdict!.guard)!;
  expect(figures.peakEValue).toBeGreaterThanOrEqual(figures.failsAt);
  expect(figures.effect).toBeGreaterThan(figures.margin);
  expect(figures.observations).toBe(verdict!.figures.comparedRequests);

  // The activation is as it was, and every process of it says so; then more answers, all by the stable release.
  await until(async () => {
    const now = await signalbox.json<Body<'getActivation'>>(`/api/v1/models/${MODEL}/activation`);
    return now.converged && now.releaseId === stable && now.canary === null && now.shadow === null;
  }, WAIT_MS);
  const before = load.sent();
  const after = (): Answered[] => load.answered.filter(({ nth }) => nth > before);
  await until(() => after().length >= 2 * PARALLEL, WAIT_MS);
  const answered = await load.stop();
  expect(answered.filter(({ status, isWhole }) => status !== 200 || !isWhole)).toEqual([]);
  expect(new Set(answered.map(({ release }) => release))).toEqual(new Set([stable, candidate]));
  // Those under way when the canary ended were admitted before, and may be answered after others.
  expect(new Set(after().map(({ release }) => release))).toEqual(new Set([stable]));

  const [code] = (await exited) as [number | null];
  expect(code, watched).toBe(1);
  expect(watched).toContain('The rollout failed: guard-failed by output-divergence/argmax-disagreement.');

  const audit = await signalbox.json<Body<'listAudit'>>('/api/v1/audit?limit=50');
  const acts = audit.items.filter(({ action }) => /^(rollout|activation)\./.test(action)).map(({ action, actor }) => `${actor === 'system' ? 'system ' : ''}${action}`);
  expect(acts.toReversed()).toEqual(expect.arrayContaining(['activation.start-shadow', 'activation.start-canary', 'rollout.start', 'system activation.abort-canary', 'system activation.stop-shadow', 'system rollout.fail']));
});

it('rolls back by what people say of the answers', async () => {
  const { releaseId: stable } = await signalbox.json<Body<'getActivation'>>(`/api/v1/models/${MODEL}/activation`);
  const candidate = await importScrambled(['expert/2/0'], 1);
  const plan = { model: MODEL, candidate, stickyBy: 'request', steps: [{ share: 0.5, bakeMs: 120_000, minRequests: 200, maxMs: 600_000 }], guards: [{ kind: 'feedback' }] };
  const { id } = await send<Body<'createRollout'>>('/rollouts', { plan });
  let rollout: Body<'getRollout'> | null = null;
  const isOver = () => rollout?.endedAt !== null && rollout !== null;
  const people = async (first: number): Promise<void> => {
    for (let n = first; !isOver(); n += PARALLEL) {
      const response = await fetch(`${signalbox.url}/v1/completions`, { method: 'POST', headers: HEADERS, body: JSON.stringify({ model: MODEL, prompt: prompts[n % prompts.length], max_tokens: 4 }) });
      expect(response.status).toBe(200);
      const requestId = response.headers.get('x-request-id');
      const score = response.headers.get('x-signalbox-release') === candidate ? 0 : 1;
      // Recorded about a second after the answer; asked again until then.
      await until(async () => (await fetch(`${signalbox.url}/api/v1/feedback`, { method: 'POST', headers: HEADERS, body: JSON.stringify({ requestId, score }) })).status === 201, 120_000);
    }
  };
  const giving = Promise.all(Array.from({ length: PARALLEL }, (_, lane) => people(lane)));
  await until(async () => (rollout = await signalbox.json<Body<'getRollout'>>(`/api/v1/rollouts/${id}`)).endedAt !== null, WAIT_MS, () => JSON.stringify(rollout?.current, null, 1));
  await giving;
  expect(rollout).toMatchObject({ state: 'failed', reason: 'guard-failed', current: { guard: 'feedback' } });
  expect((await signalbox.json<Body<'getActivation'>>(`/api/v1/models/${MODEL}/activation`))).toMatchObject({ releaseId: stable, canary: null });
  const listed = await signalbox.json<Body<'listFeedback'>>('/api/v1/feedback?limit=5');
  expect(listed.items).toHaveLength(5);
});

it('brings a re-tuned expert that does no harm to all requests, and watches it there', async () => {
  const candidate = await importRetuned({ experts: ['expert/3/1'], strength: 0.02 });
  const load = traffic();
  const plan = {
    model: MODEL, candidate, stickyBy: 'request', shadowShare: 1,
    steps: [{ share: 0, bakeMs: 500, minRequests: 20, maxMs: 600_000 }, { share: 0.5, bakeMs: 500, minRequests: 30, minTokensPerChangedExpert: 50, maxMs: 600_000 }],
    guards: [{ kind: 'error-rate' }, { kind: 'output-divergence' }, { kind: 'routing-divergence', source: 'shadow' }],
    watch: { bakeMs: 500, minRequests: 20, maxMs: 600_000 },
  };
  const { id } = await send<Body<'createRollout'>>('/rollouts', { plan });
  let rollout: Body<'getRollout'> | null = null;
  await until(async () => (rollout = await signalbox.json<Body<'getRollout'>>(`/api/v1/rollouts/${id}`)).endedAt !== null, WAIT_MS, () => JSON.stringify(rollout?.current, null, 1));
  expect(rollout).toMatchObject({ state: 'completed', reason: 'all-guards-passed', stepResults: [{ share: 0, state: 'passed' }, { share: 0.5, state: 'passed' }, { share: 1, state: 'passed' }] });
  const answered = await load.stop();
  expect(answered.filter(({ status, isWhole }) => status !== 200 || !isWhole)).toEqual([]);
  expect(await signalbox.json<Body<'getActivation'>>(`/api/v1/models/${MODEL}/activation`)).toMatchObject({ releaseId: candidate, canary: null, shadow: null });
});
