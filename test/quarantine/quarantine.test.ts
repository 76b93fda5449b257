import { afterAll, beforeAll, expect, it } from 'vitest';
import { DECISION_FLAGS, type RoutingTrace } from '#libs/trace/trace';
import { runRound } from '../alerts/alert-fixture.ts';
import { until } from '../harness/until.ts';
import { type Answered, DENSE, MODEL, QuarantineHouse, STRICT } from './quarantine-house.ts';

interface Quarantine {
  readonly id: string;
  readonly state: string;
  readonly tookHold: boolean;
  readonly processes: number;
  readonly generation: number;
}
interface Alert {
  readonly id: string;
  readonly state: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly finding?: { readonly summary: string } | null;
}

const PATH = `/models/${MODEL}/quarantines`;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const house = new QuarantineHouse();

beforeAll(() => house.start({ denseModel: DENSE, generalists: [0, 1, 2, 3], coldStart: 'generalist' }));
afterAll(() => house.stop());

const prompt = (at: number): number[] => Array.from({ length: 12 }, (_, i) => 3 + ((at * 131 + i * 17) % 4000));

/** Whether a decision of this trace went to the expert: a selection with a gate. */
function uses({ layers, topK, expertIds, gates }: RoutingTrace, layer: number, expert: number): boolean {
  return expertIds.some((id, at) => id === expert && Math.floor(at / topK) % layers === layer && gates[at]! > 0);
}

async function usedBy(answers: readonly Answered[], layer: number, expert: number): Promise<number> {
  const traces = await house.traces(answers.map(({ requestId }) => requestId));
  return [...traces.values()].filter((trace) => uses(trace, layer, expert)).length;
}

/** The expert of a layer that these requests use most. */
async function busiest(answers: readonly Answered[], layer: number): Promise<number> {
  const counts = await Promise.all(Array.from({ length: 8 }, (_, expert) => usedBy(answers, layer, expert)));
  return counts.indexOf(Math.max(...counts));
}

async function audit(action: string): Promise<number> {
  const [row]: { count: number }[] = await house.store.query('SELECT count(*)::int AS count FROM signalbox.audit_entry WHERE action = $1', [action]);
  return row?.count ?? 0;
}
const alertsOf = async (signal: string): Promise<Alert[]> => (await house.manage<{ items: Alert[] }>(`/alerts?signal=${signal}`)).items;

it('takes an expert out of both processes under load: no later decision uses it, no request fails; it survives a restart, and is lifted', async () => {
  const warmUp = await Promise.all(Array.from({ length: 12 }, (_, at) => house.ask(at, { prompt: prompt(at) })));
  const layer = 1;
  const expert = await busiest(warmUp, layer);
  expect(await usedBy(warmUp, layer, expert)).toBeGreaterThan(3);

  const answers: Answered[] = [];
  const stop = new AbortController();
  let next = 100;
  const lane = async (): Promise<void> => {
    while (!stop.signal.aborted) answers.push(await house.ask((next += 1), { prompt: prompt(next), stream: next % 3 === 0 }));
  };
  const lanes = Array.from({ length: 4 }, lane);
  await until(async () => answers.length >= 8, 120_000, () => `${answers.length} answers`);
  const made = await house.manage<Quarantine>(PATH, 'POST', { layer, expert, reason: 'a drill' });
  const heldAtMs = performance.now();
  expect(made).toMatchObject({ state: 'in-force', tookHold: true, processes: 2, takenBy: 2 });
  await until(async () => answers.filter(({ sentAtMs }) => sentAtMs > heldAtMs).length >= 16, 120_000, () => `${answers.length} answers`);
  stop.abort();
  await Promise.all(lanes);

  expect(answers.map(({ status }) => status).filter((status) => status !== 200)).toEqual([]);
  const after = answers.filter(({ sentAtMs }) => sentAtMs > heldAtMs);
  expect(await usedBy(after, layer, expert)).toBe(0);
  expect(new Set(after.map(({ degraded }) => degraded))).toEqual(new Set(['quarantine']));
  const traces = await house.traces(after.map(({ requestId }) => requestId));
  expect([...traces.values()].some(({ flagged }) => flagged.some(({ flags }) => (flags & DECISION_FLAGS.unavailable) !== 0))).toBe(true);
  expect(after.some(({ text }) => /"signalbox_degraded_decisions":[1-9]/.test(text))).toBe(true);
  const [entry] = (await house.store.query(`SELECT action, subject, reason, detail, after FROM signalbox.audit_entry WHERE action = 'quarantine.impose'`)) as { subject: string; reason: string; detail: object; after: object }[];
  expect(entry).toMatchObject({ subject: `model/${MODEL}`, reason: 'a drill', detail: { expert: `expert/${layer}/${expert}`, quarantine: made.id }, after: { state: 'in-force' } });

  interface Health { readonly processes: readonly { readonly quarantineGeneration: number; readonly experts: readonly object[] }[] }
  let health: Health | null = null;
  await until(async () => (health = await house.manage<Health>(`/models/${MODEL}/expert-health`)).processes.every(({ experts }) => experts.length > 0), 120_000, () => JSON.stringify(health));
  expect(health!.processes).toHaveLength(2);
  for (const process of health!.processes) expect(process).toMatchObject({ quarantineGeneration: made.generation, experts: [{ releaseId: house.releaseId, layer, expert, state: 'quarantined' }] });

  await house.stopApps();
  await house.startApps();
  const again = await Promise.all(Array.from({ length: 8 }, (_, at) => house.ask(at, { prompt: prompt(at) })));
  expect(again.map(({ status, degraded }) => [status, degraded])).toEqual(again.map(() => [200, 'quarantine']));
  expect(await usedBy(again, layer, expert)).toBe(0);

  const lifted = await house.manage<Quarantine>(`${PATH}/${made.id}/lift`, 'POST', { reason: 'it was a drill' });
  expect(lifted).toMatchObject({ state: 'lifted', tookHold: true });
  const last = await Promise.all(Array.from({ length: 12 }, (_, at) => house.ask(at, { prompt: prompt(at) })));
  expect(last.map(({ degraded }) => degraded)).toEqual(last.map(() => null));
  expect(await usedBy(last, layer, expert)).toBe(await usedBy(warmUp, layer, expert));
  expect(await audit('quarantine.lift')).toBe(1);

  // What was counted went to the store when the first processes ended.
  await house.measure(Date.now());
  const { items } = await house.manage<{ items: { labels: Record<string, string>; value: number | null }[] }>('/readings?signal=degraded-share');
  expect(items.find(({ labels }) => labels['release'] === house.releaseId)?.value).toBeGreaterThan(0);
});

it('ends by itself, and says so in the audit log', async () => {
  const made = await house.manage<Quarantine>(PATH, 'POST', { layer: 0, expert: 0, reason: 'for a moment', until: new Date(Date.now() + HOUR_MS).toISOString() });
  expect((await house.ask(0, { prompt: prompt(1) })).degraded).toBe('quarantine');
  // A moment so short would be over before the question on a busy machine.
  await house.store.query('UPDATE signalbox.expert_quarantine SET until_at = now() WHERE id = $1', [made.id]);
  await until(async () => (await house.manage<Quarantine>(`${PATH}/${made.id}`)).state === 'expired', 120_000, () => 'it holds still');
  expect(await audit('quarantine.expire')).toBe(1);
  await until(async () => (await Promise.all([0, 1].map((at) => house.ask(at, { prompt: prompt(1) })))).every(({ degraded }) => degraded === null), 120_000, () => 'it is still enforced');
});

it('refuses what would leave too few experts, and tells why', async () => {
  const made: Quarantine[] = [];
  for (let expert = 0; expert < 6; expert += 1) made.push(await house.manage<Quarantine>(PATH, 'POST', { layer: 2, expert, reason: 'a drill' }));
  await expect(house.manage(PATH, 'POST', { layer: 2, expert: 6, reason: 'a drill' })).rejects.toThrow(/409 .*too_few_experts_left.*Layer 2.*1 experts/);
  await expect(house.manage(PATH, 'POST', { layer: 2, expert: 0, reason: 'a drill' })).rejects.toThrow(/already_quarantined/);
  await expect(house.manage(PATH, 'POST', { layer: 9, expert: 0, reason: 'a drill' })).rejects.toThrow(/404 .*expert_not_found/);
  expect((await house.ask(0, { prompt: prompt(1) })).status).toBe(200);
  for (const { id } of made) await house.manage(`${PATH}/${id}/lift`, 'POST', {});
  await expect(house.manage(`${PATH}/${made[0]!.id}/lift`, 'POST', {})).rejects.toThrow(/409 .*quarantine_ended/);
});

it('has the dense model answer while no expert of a layer is left, and comes back by itself', async () => {
  const made: Quarantine[] = [];
  for (let expert = 0; expert < 8; expert += 1) made.push(await house.manage<Quarantine>(PATH, 'POST', { layer: 2, expert, reason: 'a drill', force: true }));
  const answers = await Promise.all(Array.from({ length: 6 }, (_, at) => house.ask(at, { prompt: prompt(at), stream: at % 2 === 0 })));
  expect(answers.map(({ status, release, role, degraded }) => ({ status, release, role, degraded }))).toEqual(answers.map(() => ({ status: 200, release: house.denseId, role: 'dense', degraded: 'dense' })));
  await house.traces(answers.map(({ requestId }) => requestId));
  const listed = await house.manage<{ items: { requestId: string; model: string; degraded: object }[] }>(`/traces?limit=50&model=${DENSE}`);
  expect(listed.items.find(({ requestId }) => requestId === answers[0]!.requestId)?.degraded).toEqual({ path: 'dense', askedModel: MODEL });
  for (const { id } of made) await house.manage(`${PATH}/${id}/lift`, 'POST', {});
  expect(await house.ask(0, { prompt: prompt(1) })).toMatchObject({ status: 200, release: house.releaseId, role: 'stable', degraded: null });
});

it('asks the dense model for what the ladder leaves to it, request by request', async () => {
  const requests = Array.from({ length: 8 }, (_, at) => ({ model: STRICT, prompt: prompt(at) }));
  const before = await Promise.all(requests.map((body, at) => house.ask(at, body)));
  const expert = await busiest(before, 0);
  const traces = await house.traces(before.map(({ requestId }) => requestId));
  const { id } = await house.manage<Quarantine>(`/models/${STRICT}/quarantines`, 'POST', { layer: 0, expert, reason: 'a drill' });
  const after = await Promise.all(requests.map((body, at) => house.ask(at, body)));
  expect(after.map(({ status }) => status)).toEqual(after.map(() => 200));
  // The same prompts at temperature 0 go the same ways: those that met the expert are answered by the other model.
  expect(after.map(({ role }) => role)).toEqual(before.map(({ requestId }) => (uses(traces.get(requestId)!, 0, expert) ? 'dense' : 'stable')));
  const dense = after.filter(({ role }) => role === 'dense');
  expect(dense.length).toBeGreaterThan(0);
  expect(dense.every(({ release, degraded }) => release === house.denseId && degraded === 'dense')).toBe(true);
  await house.manage(`/models/${STRICT}/quarantines/${id}/lift`, 'POST', {});
});

it('sends labels that the baseline in force has not seen to the generalists', async () => {
  const ask = (task: string) => house.ask(0, { prompt: prompt(5), metadata: { task } });
  const { requestId } = await ask('known');
  await house.traces([requestId]);
  expect((await ask('other')).degraded).toBeNull();
  await house.adoptBaseline();
  let answer = await ask('new');
  await until(async () => (answer = await ask('new')).degraded === 'generalist', 120_000, () => 'it goes the usual way');
  expect(answer).toMatchObject({ status: 200, release: house.releaseId, role: 'stable' });
  expect((await ask('known')).degraded).toBeNull();
  const trace = (await house.traces([answer.requestId])).get(answer.requestId)!;
  expect(trace.flagged.filter(({ flags }) => (flags & DECISION_FLAGS.generalist) !== 0)).toHaveLength((trace.promptRows + trace.choiceRows.reduce((sum, rows) => sum + rows, 0)) * trace.layers);
});

it('raises an alert that names layer, expert, reason and way back, and resolves it', async () => {
  const nowMs = Date.now();
  const made = await house.manage<Quarantine>(PATH, 'POST', { layer: 3, expert: 4, reason: 'answers in the wrong language' });
  await house.measure(nowMs);
  await runRound(house.store, nowMs);
  const [listed] = await alertsOf('expert-unavailable');
  const alert = await house.manage<Alert>(`/alerts/${listed?.id}`);
  expect(alert).toMatchObject({ state: 'alerting', labels: { model: MODEL, release: house.releaseId, layer: '3', expert: '4' } });
  expect(alert.finding?.summary).toContain('An expert does not serve');
  expect(alert.finding?.summary).toContain('answers in the wrong language');
  expect(alert.finding?.summary).toContain(`signalbox experts lift ${made.id} --model ${MODEL}`);
  await house.manage(`${PATH}/${made.id}/lift`, 'POST', {});
  await house.measure(nowMs + MINUTE_MS);
  await runRound(house.store, nowMs + MINUTE_MS);
  await house.measure(nowMs + 3 * MINUTE_MS);
  await runRound(house.store, nowMs + 3 * MINUTE_MS);
  expect(await alertsOf('expert-unavailable')).toEqual([]);
});
