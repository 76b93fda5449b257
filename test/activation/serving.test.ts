import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ActivationCommand, type Canary } from '#libs/governance/activation/activation-state';
import { hasConverged, processStatus } from '#libs/governance/activation/observed';
import { digestApiKey, generateApiKey } from '#libs/platform/auth/api-key';
import { Activations } from '#libs/store/activation/activations';
import { ObservedActivations, type ObservedProcess } from '#libs/store/activation/observed-activations';
import { ApiKeys } from '#libs/store/keys/api-keys';
import { changeRelease } from '../fixtures/changed-release.ts';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { importTinyRelease, type TinyRelease } from '../fixtures/tiny-release.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { until } from '../harness/until.ts';
import { openStore } from '../store/store.fixture.ts';
import { ANN, deskOf, saveToy } from './activation.fixture.ts';
import { type Answered, InferenceProcess } from './inference-process.ts';

const MODEL = 'tiny-mixtral';
const PROMPTS = ['In the beginning', 'The quick brown fox', 'function add(a, b)', 'Once upon a time'];
const LAST_LAYER = Array.from({ length: 8 }, (_, expert) => `expert/3/${expert}`);
const FIRST_LAYER = Array.from({ length: 8 }, (_, expert) => `expert/0/${expert}`);

let server: TestPostgres;
let store: DataSource;
let homes: string[];
let processes: [InferenceProcess, InferenceProcess];
let good: TinyRelease;
let other: TinyRelease;
let third: TinyRelease;
/** What each release answers to each prompt, asked alone. */
const answers = new Map<string, string>();

beforeAll(async () => {
  server = await startPostgres();
  const databaseUrl = await server.createDatabase();
  store = await openStore(databaseUrl);
  homes = [newTemporaryHome('signalbox-e1-'), newTemporaryHome('signalbox-e2-')];
  const [home = '', secondHome = ''] = homes;
  good = await importTinyRelease(home);
  other = await addVariant(LAST_LAYER);
  third = await addVariant(FIRST_LAYER);
  for (const { manifest } of [good, other, third]) await saveToy(store, manifest);
  mkdirSync(secondHome, { recursive: true });
  symlinkSync(join(home, 'components'), join(secondHome, 'components'));
  const key = generateApiKey();
  await new ApiKeys(store).insert(
    { id: randomUUID(), ...digestApiKey(key), name: 'test', scopes: ['inference'], createdAtMs: Date.now(), expiresAtMs: null, accountId: null, issuedBy: null, tenant: null, requestsPerMinute: null },
    { atMs: Date.now(), actor: 'system', action: 'key.create', subject: 'key/test', detail: {}, requestId: null },
  );
  processes = [new InferenceProcess(home, databaseUrl, key), new InferenceProcess(secondHome, databaseUrl, key)];
  await Promise.all(processes.map((one) => one.start()));
  for (const release of [good, other, third]) {
    if (release !== good) await command({ type: 'activate', releaseId: release.releaseId });
    await converged();
    for (const prompt of PROMPTS) answers.set(`${release.releaseId} ${prompt}`, (await processes[0].complete({ prompt })).text);
  }
  await command({ type: 'activate', releaseId: good.releaseId });
  await converged();
});

afterAll(async () => {
  await Promise.all((processes ?? []).map((one) => one.stop()));
  await store?.destroy();
  await server?.stop();
  for (const home of homes ?? []) rmSync(home, { recursive: true, force: true });
});

async function addVariant(names: readonly string[]): Promise<TinyRelease> {
  const [home = ''] = homes;
  const scratch = newTemporaryHome('signalbox-e-variant-');
  const changed = await changeRelease(good, names, scratch);
  for (const [sha256, path] of Object.entries(changed.components)) {
    if (!path.startsWith(scratch)) continue;
    const target = componentPath(home, sha256);
    await mkdir(dirname(target), { recursive: true });
    await copyFile(path, target);
  }
  rmSync(scratch, { recursive: true, force: true });
  return changed;
}

const componentPath = (home: string, sha256: string): string => join(home, 'components', sha256.slice(0, 2), sha256);

function command(one: ActivationCommand): Promise<unknown> {
  return deskOf(store).command(MODEL, one, { caller: ANN, reason: null, cause: 'direct' });
}

const canaryOf = (releaseId: string, fields: Partial<Canary> = {}): Canary => ({ releaseId, share: 1, stickyBy: 'request', scope: { segment: null, routeSlice: null }, salt: randomUUID(), ...fields });
const observed = (): Promise<readonly ObservedProcess[]> => new ObservedActivations(store).list();

async function converged(): Promise<void> {
  const isThere = async (): Promise<boolean> => {
    const { generation = 0 } = (await new Activations(store).find(MODEL)) ?? {};
    const [seen, nowMs] = [await observed(), Date.now()];
    // One that was not heard of for a while does not count; here it is one that has not got its turn on a full machine, and is asked next.
    const isHeard = ({ pid }: InferenceProcess): boolean => seen.some((one) => one.pid === pid && processStatus(one, nowMs) === 'live');
    return processes.filter(({ isRunning }) => isRunning).every(isHeard) && hasConverged(seen, MODEL, generation, nowMs);
  };
  await until(isThere, 120_000, () => `not converged:\n${processes.map(({ log }) => log.slice(-1500)).join('\n---\n')}`);
}

function expectOwn({ status, release, text }: Answered, prompt: string): void {
  expect([status, text]).toEqual([200, answers.get(`${release} ${prompt}`)]);
}

/** Asks both processes without a pause until the work is done; every answer must be one release's own. */
async function underLoad(work: () => Promise<void>): Promise<readonly Answered[]> {
  const given: Answered[] = [];
  const done = new AbortController();
  const lane = async (one: InferenceProcess, offset: number): Promise<void> => {
    for (let at = offset; !done.signal.aborted; at += 1) {
      const prompt = PROMPTS[at % PROMPTS.length] ?? '';
      const answer = await one.complete({ prompt });
      expectOwn(answer, prompt);
      given.push(answer);
    }
  };
  const lanes = Promise.all(processes.flatMap((one) => [lane(one, 0), lane(one, 1)]));
  try {
    await Promise.race([work(), lanes]);
  } finally {
    done.abort();
  }
  await lanes;
  return given;
}

it('answers differ by release, else nothing here would show anything', () => {
  for (const prompt of PROMPTS) expect(new Set([good, other, third].map(({ releaseId }) => answers.get(`${releaseId} ${prompt}`))).size).toBe(3);
});

it('moves both processes there and back under load: no request fails, each is answered whole by one release', async () => {
  const given = await underLoad(async () => {
    for (let round = 0; round < 3; round += 1) {
      await command({ type: 'activate', releaseId: other.releaseId });
      await converged();
      for (const one of processes) expect((await one.complete({ prompt: PROMPTS[0] })).release).toBe(other.releaseId);
      await command({ type: 'rollback' });
      await converged();
      for (const one of processes) expect((await one.complete({ prompt: PROMPTS[0] })).release).toBe(good.releaseId);
    }
  });
  expect(new Set(given.map(({ release }) => release))).toEqual(new Set([good.releaseId, other.releaseId]));
});

it('shares between stable and canary, promotes, and rolls back', async () => {
  const given = await underLoad(async () => {
    await command({ type: 'start-canary', canary: canaryOf(other.releaseId, { share: 0.5 }) });
    await converged();
    const roles = new Set<string | null>();
    await until(async () => roles.add((await processes[1].complete({ prompt: PROMPTS[1] })).role).size === 2, 120_000);
    await command({ type: 'promote' });
    await converged();
    expect((await processes[0].complete({ prompt: PROMPTS[1] })).release).toBe(other.releaseId);
    await command({ type: 'rollback' });
    await converged();
  });
  for (const { role, release } of given) if (role === 'canary') expect(release).toBe(other.releaseId);
});

it('sends to a canary by route slice what the stable release routes there', async () => {
  // Every token goes to two of the eight experts of a layer, so all eight take every decision.
  await command({ type: 'start-canary', canary: canaryOf(other.releaseId, { scope: { segment: null, routeSlice: { experts: LAST_LAYER, minShare: 1 } } }) });
  await converged();
  expect(await processes[0].complete({ prompt: PROMPTS[0] })).toMatchObject({ status: 200, role: 'canary', text: answers.get(`${other.releaseId} ${PROMPTS[0]}`) });
  await command({ type: 'abort-canary' });
  const single = canaryOf(other.releaseId, { scope: { segment: null, routeSlice: { experts: ['expert/3/0'], minShare: 1 } } });
  await command({ type: 'start-canary', canary: single });
  await converged();
  expect(await processes[0].complete({ prompt: PROMPTS[0] })).toMatchObject({ status: 200, role: 'stable', text: answers.get(`${good.releaseId} ${PROMPTS[0]}`) });
  await command({ type: 'abort-canary' });
  await converged();
});

it('compares answers with a shadow, which answers nobody', async () => {
  await command({ type: 'start-shadow', shadow: { releaseId: third.releaseId, share: 1 } });
  await converged();
  const answer = await processes[0].complete({ prompt: PROMPTS[2] });
  expect(answer.release).toBe(good.releaseId);
  let rows: { tokens: number; kl: number; argmax: number; routes: number[] }[] = [];
  await until(async () => {
    rows = await store.query(`SELECT tokens, mean_kl_bits AS kl, argmax_disagreement AS argmax, decision_disagreement AS routes FROM signalbox.shadow_comparison WHERE shadow = $1 AND stable = $2`, [third.releaseId, good.releaseId]);
    return rows.length > 0;
  }, 120_000, () => processes[0].log.slice(-2000));
  const [row] = rows;
  expect(row?.tokens).toBeGreaterThan(8);
  expect(row?.kl).toBeGreaterThan(0);
  // The first layer's router sees the same input: only what its experts make of it differs.
  expect(row?.routes[0]).toBe(0);
  expect(row?.routes.slice(1).some((share) => share > 0)).toBe(true);
  await command({ type: 'stop-shadow' });
  await converged();
});

it('gives a release that does not load no request, and tells why', async () => {
  const broken = await addVariant(['expert/2/3']);
  await saveToy(store, broken.manifest);
  const sha256 = broken.manifest.components['expert/2/3'] ?? '';
  await writeFile(componentPath(homes[0] ?? '', sha256), 'not an expert any more');
  await command({ type: 'start-canary', canary: canaryOf(broken.releaseId) });
  const states = async () => (await observed()).flatMap(({ models }) => models.filter(({ model }) => model === MODEL));
  await until(async () => (await states()).every(({ state }) => state === 'failed'), 120_000);
  for (const one of await states()) expect(one).toMatchObject({ stable: good.releaseId, canary: null, detail: expect.stringContaining(`canary ${broken.releaseId} does not load`) });
  for (const one of processes) expect((await one.complete({ prompt: PROMPTS[0] })).role).toBe('stable');
  await command({ type: 'abort-canary' });
  await converged();
});

it('hears of activations again after its connection was cut', async () => {
  await store.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'signalbox activations'`);
  await command({ type: 'activate', releaseId: other.releaseId });
  await converged();
  const listening = async (): Promise<number> => Number((await store.query(`SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = 'signalbox activations'`))[0].n);
  await until(async () => (await listening()) === 2, 120_000);
  await command({ type: 'rollback' });
  await converged();
  expect((await processes[0].complete({ prompt: PROMPTS[0] })).release).toBe(good.releaseId);
});

it('shows a process that was killed as unreachable, and the others come along without it', async () => {
  const { pid } = processes[1];
  await processes[1].kill();
  const killed = async () => (await observed()).find((one) => one.pid === pid);
  await until(async () => {
    const one = await killed();
    return one !== undefined && processStatus(one, Date.now()) === 'unreachable';
  }, 120_000);
  await command({ type: 'activate', releaseId: other.releaseId });
  await converged();
  expect((await killed())?.models).toMatchObject([{ model: MODEL, stable: good.releaseId }]);
  expect((await processes[0].complete({ prompt: PROMPTS[0] })).release).toBe(other.releaseId);
  // One that ends in order is gone, not unreachable.
  await processes[0].stop();
  expect((await observed()).map((one) => one.pid)).toEqual([pid]);
});
