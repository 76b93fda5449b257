import { rmSync } from 'node:fs';
import { type DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { LOCKS } from '#libs/store/locks';
import { runCli } from '../../apps/cli/program.ts';
import { readBooks } from '../activation/activation.fixture.ts';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { seededRandom } from '../harness/random.ts';
import { TEST_KEY } from '../harness/signalbox-process.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { until } from '../harness/until.ts';
import { openStore } from '../store/store.fixture.ts';
import { ControlProcess } from './control-process.ts';
import { CANDIDATE, MODEL, planOf, RolloutHouse, STABLE } from './rollout-house.ts';

/** One kill in each step. */
const STEPS = 12;
const BAD_ROLLOUTS = 3;
/** Of a step; every other one is the candidate's. */
const REQUESTS = 60;
/** Longer than a look takes over this slow database, so that some kills come right after one. */
const KILL_WITHIN_MS = 250;
const TAKEOVER_MS = 60_000;
const SETTINGS = { SIGNALBOX_ROLLOUT_INTERVAL_MS: '200', SIGNALBOX_AUDIT_CHECKPOINT_SECONDS: '1' };

/** Each write of a rollout says by whom it is made and who holds the lock then, and takes long enough to be cut off. */
const WATCH_WRITES = `
  CREATE TABLE public.acted (id bigint GENERATED ALWAYS AS IDENTITY, rollout_id uuid, process text, holders text[]);
  CREATE FUNCTION public.note_act() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
      INSERT INTO public.acted (rollout_id, process, holders) SELECT CASE TG_TABLE_NAME WHEN 'rollout' THEN to_jsonb(NEW)->>'id' ELSE to_jsonb(NEW)->>'rollout_id' END::uuid,
        current_setting('application_name'),
        (SELECT array_agg(a.application_name) FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory' AND l.objid = ${LOCKS.rollouts} AND l.granted AND a.datname = current_database());
      PERFORM pg_sleep(0.03);
      RETURN NEW;
    END $$;
  CREATE TRIGGER noted BEFORE UPDATE ON signalbox.rollout FOR EACH ROW EXECUTE FUNCTION public.note_act();
  CREATE TRIGGER noted BEFORE INSERT ON signalbox.rollout_verdict FOR EACH ROW EXECUTE FUNCTION public.note_act();`;

let server: TestPostgres;
let store: DataSource;
let house: RolloutHouse;
let home: string;
let controls: [ControlProcess, ControlProcess];

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.stop());
beforeEach(async () => {
  const databaseUrl = await server.createDatabase();
  store = await openStore(databaseUrl);
  home = newTemporaryHome('signalbox-handover-');
  house = new RolloutHouse(store);
  await house.saveReleases();
  controls = [new ControlProcess('one', home, databaseUrl, SETTINGS), new ControlProcess('two', home, databaseUrl, SETTINGS)];
  await controls[0].start();
  await controls[1].start();
  await store.query(WATCH_WRITES);
});
afterEach(async () => {
  await Promise.all(controls.map((control) => control.stop()));
  await store.destroy();
  rmSync(home, { recursive: true, force: true });
});

const find = async (id: string) => (await house.records.rollouts.find(id))!;

/** Who looks at rollouts at this moment. */
async function acting(): Promise<ControlProcess | null> {
  const rows: { name: string }[] = await store.query(
    `SELECT application_name AS name FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' AND objid = $1 AND granted AND datname = current_database()`,
    [LOCKS.rollouts],
  );
  expect(rows.length).toBeLessThanOrEqual(1);
  return controls.find(({ name }) => name === rows[0]?.name) ?? null;
}

/** Kills the process that looks, at a random moment of its look or right after it. Gives the last act of before as well: when the kill returns, others may have acted already. */
async function killActing(next: () => number): Promise<{ victim: ControlProcess; wasLooking: boolean; since: string }> {
  let victim: ControlProcess | null = null;
  const deadlineMs = Date.now() + TAKEOVER_MS;
  // A look is short: the usual poll would mostly miss it.
  while (victim === null && Date.now() < deadlineMs) {
    victim = await acting();
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  if (victim === null) throw new Error(`nobody looks at the rollout:\n${controls.map(({ log }) => log).join('\n')}`);
  const since = await lastAct();
  await new Promise((resolve) => setTimeout(resolve, next() * KILL_WITHIN_MS));
  const wasLooking = (await acting()) === victim;
  await victim.kill();
  return { victim, wasLooking, since };
}

/** Waits until a process other than the killed one has written something about the rollout. */
async function takenOver(id: string, victim: string, since: string): Promise<void> {
  const others = async (): Promise<boolean> => {
    const rows: unknown[] = await store.query(`SELECT 1 FROM public.acted WHERE rollout_id = $1 AND process <> $2 AND id > $3`, [id, victim, since]);
    return rows.length > 0;
  };
  await until(others, TAKEOVER_MS, () => `nobody took over from ${victim}:\n${controls.map(({ log }) => log).join('\n')}`);
}

async function lastAct(): Promise<string> {
  const rows: { last: string }[] = await store.query(`SELECT COALESCE(max(id), 0) AS last FROM public.acted`);
  return rows[0]!.last;
}

/** Whatever was written was written whole, once, and by the one that held the lock. */
async function expectWhole(id: string): Promise<void> {
  await store.transaction('REPEATABLE READ', async (manager) => {
    const read = async <T>(sql: string): Promise<T[]> => manager.query(sql, [id]);
    const [rollout] = await read<{ step: number; state: string; activation_generation: number }>('SELECT step, state, activation_generation FROM signalbox.rollout WHERE id = $1');
    const steps = await read<{ step: number; state: string }>('SELECT step, state FROM signalbox.rollout_step WHERE rollout_id = $1 ORDER BY step');
    const verdicts = await read<{ step: number; verdict: string }>(`SELECT step, verdict FROM signalbox.rollout_verdict WHERE rollout_id = $1 AND verdict <> 'wait' ORDER BY id`);
    const audits = await read<{ verdict: string }>(`SELECT detail->>'verdict' AS verdict FROM signalbox.audit_entry WHERE subject = 'rollout/' || $1::text AND action <> 'rollout.start' ORDER BY seq`);
    const [activation] = await read<{ generation: number; share: number | null }>(`SELECT a.generation, (e.after->'canary'->>'share')::float AS share FROM signalbox.activation a JOIN signalbox.activation_event e USING (model, generation), signalbox.rollout r WHERE r.id = $1 AND a.model = r.model`);
    const { step, state } = rollout!;
    const passed = state === 'completed' ? step + 1 : step;
    expect(steps.map((one) => one.step)).toEqual(Array.from({ length: step + 1 }, (_, n) => n));
    expect(steps.filter((one) => one.state === 'passed')).toHaveLength(passed);
    const ends = state === 'completed' ? 'complete' : state === 'failed' ? 'fail' : null;
    expect(verdicts).toEqual([...Array.from({ length: step }, (_, n) => ({ step: n, verdict: 'continue' })), ...(ends === null ? [] : [{ step, verdict: ends }])]);
    expect(audits.map(({ verdict }) => verdict)).toEqual(verdicts.map(({ verdict }) => verdict));
    expect(activation).toEqual({ generation: rollout!.activation_generation, share: state === 'running' ? shareOf(step) : null });
  });
  const { row, events, audited } = await readBooks(store, MODEL);
  expect(events.map(({ generation }) => generation)).toEqual(events.map((_, at) => at + 1));
  expect([row?.generation, row?.stable]).toEqual([events.length, events.at(-1)?.after?.stable]);
  expect(audited).toBe(events.length - 1);
  expect(await store.query(`SELECT * FROM public.acted WHERE holders IS DISTINCT FROM ARRAY[process]`)).toEqual([]);
}

const shareOf = (step: number): number => (step + 1) / 20;

async function expectAuditVerifies(control: ControlProcess): Promise<void> {
  const run = async (...args: string[]): Promise<void> => {
    const out: string[] = [];
    const plain = (text: string): string => text;
    const exitCode = await runCli(args, {
      env: { SIGNALBOX_URL: control.url, SIGNALBOX_API_KEY: TEST_KEY }, columns: 80, rows: 24, isTty: false, colors: { dim: plain, red: plain, yellow: plain, bold: plain },
      signal: new AbortController().signal, workingDir: home, print: (text) => out.push(text), note: (text) => out.push(text),
    });
    expect(exitCode, out.join('\n')).toBe(0);
  };
  const signed = (): Promise<unknown[]> => store.query('SELECT 1 FROM signalbox.audit_checkpoint LIMIT 1');
  await until(async () => (await signed()).length > 0, TAKEOVER_MS, () => control.log);
  await run('audit', 'export', '--out', 'log.ndjson');
  const { keyId } = (await (await fetch(`${control.url}/api/v1/audit/key`, { headers: { authorization: `Bearer ${TEST_KEY}` } })).json()) as { keyId: string };
  await run('audit', 'verify', 'log.ndjson', '--key', keyId);
}

it(`goes through ${STEPS} steps over two control processes, of which the acting one is killed in each`, async () => {
  const next = seededRandom(17);
  const steps = Array.from({ length: STEPS }, (_, n) => ({ share: shareOf(n), bakeMs: 1, minRequests: 10, minTokensPerChangedExpert: 0, maxMs: 3_600_000 }));
  const { rollout } = await house.start({ steps, guards: [{ kind: 'error-rate', margin: 0.01, minObservations: 10 }] });
  let cutLooks = 0;
  const killed = new Set<string>();
  for (let step = 0; step < STEPS; step += 1) {
    expect(await find(rollout.id)).toMatchObject({ state: 'running', step });
    house.nowMs = Date.now();
    await house.record(REQUESTS);
    const { victim, wasLooking, since } = await killActing(next);
    cutLooks += wasLooking ? 1 : 0;
    killed.add(victim.name);
    await expectWhole(rollout.id);
    if ((await find(rollout.id)).endedAtMs === null) await takenOver(rollout.id, victim.name, since);
    await until(async () => (await find(rollout.id)).step > step || step === STEPS - 1, TAKEOVER_MS);
    await expectWhole(rollout.id);
    await victim.start();
  }
  await until(async () => (await find(rollout.id)).endedAtMs !== null, TAKEOVER_MS);
  await expectWhole(rollout.id);
  expect(await find(rollout.id)).toMatchObject({ state: 'completed', step: STEPS - 1, evidence: { totals: { candidate: { requests: (STEPS * REQUESTS) / 2 }, stable: { requests: (STEPS * REQUESTS) / 2 } } } });
  expect(await house.activations.find(MODEL)).toMatchObject({ stable: CANDIDATE, previous: STABLE, canary: null });
  expect(killed.size).toBe(STEPS);
  // Some come in the middle of a look, or this would show little.
  expect(cutLooks).toBeGreaterThan(0);
  await expectAuditVerifies(controls[0]);
});

it(`rolls ${BAD_ROLLOUTS} bad candidates back, each once, whoever is killed meanwhile`, async () => {
  const next = seededRandom(19);
  for (let n = 0; n < BAD_ROLLOUTS; n += 1) {
    house.nowMs = Date.now();
    const { rollout } = await house.start({ steps: [{ ...planOf().steps[0]!, share: shareOf(0) }] });
    await house.record(400, { status: 'failed' });
    const { victim } = await killActing(next);
    await expectWhole(rollout.id);
    await until(async () => (await find(rollout.id)).endedAtMs !== null, TAKEOVER_MS);
    await expectWhole(rollout.id);
    expect(await find(rollout.id)).toMatchObject({ state: 'failed', reason: 'guard-failed' });
    expect(await house.activations.find(MODEL)).toMatchObject({ stable: STABLE, canary: null });
    await victim.start();
  }
  await expectAuditVerifies(controls[1]);
});
