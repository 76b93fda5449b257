import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Reading, SIGNALS } from '#libs/detection/reading/reading';
import { type RouteName, ROUTES } from '#libs/contract/management/routes';
import { Readings } from '#libs/store/detection/readings';
import { AccessHouse, type Answer } from '../access/access-house.ts';
import { OTHER_RELEASE, RELEASE, saveRelease } from '../store/store.fixture.ts';
import { until } from '../harness/until.ts';
import { addReceiver, runRound, saveReadings, told } from './alert-fixture.ts';

const MODEL = 'toy';
const MINUTE = 60_000;
const TIMING = { groupWaitMs: 0, groupIntervalMs: 0, repeatIntervalMs: 3_600_000 };

const house = new AccessHouse();
let team: string;
let boss: string;
/** Time of the rounds: it only goes on where a test says so. */
let nowMs = Date.now();

beforeAll(async () => {
  await house.start();
  await saveRelease(house.dataSource, OTHER_RELEASE, nowMs);
  team = await addReceiver(house.dataSource, 'team');
  boss = await addReceiver(house.dataSource, 'boss');
  await call('putNotificationPolicy', { headers: { 'if-match': '"0"' }, body: { receivers: [team], timing: TIMING, escalations: [{ name: 'boss', matchers: [{ label: 'signal', is: 'equal', value: 'router-shift' }], afterMs: 10 * MINUTE, receivers: [boss] }], watchdogRepeatMs: 86_400_000 } });
});
afterAll(() => house.stop());

async function call(name: RouteName, { params = {}, query = {}, body, headers = {}, status = ROUTES[name].status }: { params?: Record<string, string>; query?: Record<string, string>; body?: unknown; headers?: Record<string, string>; status?: number } = {}): Promise<Answer['body']> {
  const route = ROUTES[name];
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, field: string) => params[field] ?? '');
  const search = new URLSearchParams(query).toString();
  const answer = await house.call(`/api/v1${path}${search === '' ? '' : `?${search}`}`, { method: route.method.toUpperCase(), body, headers: { ...(route.method === 'post' ? { 'idempotency-key': randomUUID() } : {}), ...headers } });
  if (answer.status !== status) throw new Error(`${name}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return status === route.status && route.response ? route.response.parse(answer.body) : answer.body;
}

const reading = (layer: string, value: number, over: Partial<Reading> = {}): Reading => ({
  signal: 'router-shift', labels: { model: MODEL, release: OTHER_RELEASE, layer }, atMs: nowMs, value, interval: { low: value / 2, high: value * 2 }, alarm: value > 0, evidence: 1e4,
  detail: { experts: [{ expert: 1, share: 0.5, baselineShare: 0.2, eValue: 77 }], requests: 40, sinceMs: nowMs - 1000, exampleRequestIds: [house.requestIds.acme[0]!] }, ...over,
});
async function round(...readings: readonly Reading[]): Promise<void> {
  await saveReadings(house.dataSource, readings);
  expect(await runRound(house.dataSource, nowMs)).not.toBeNull();
}
/** Without the watchdog's. */
const toldOf = async (receiver: string) => (await told(house.dataSource, receiver)).filter(({ alerts }) => alerts[0]?.labels['signal'] !== 'watchdog');

it('ships a rule for each signal, and a watchdog that fires from the first round', async () => {
  const { items } = await call('listAlertRules', { query: { limit: '200' } });
  expect(items.map(({ signal }: { signal: string }) => signal).toSorted()).toEqual([...SIGNALS].toSorted());
  await round();
  const [first] = await told(house.dataSource, team);
  expect(first).toMatchObject({ sequence: 1, reason: 'new-group', status: 'firing', alerts: [{ ruleId: 'watchdog', severity: 'info', labels: { signal: 'watchdog' } }] });
  expect((await call('listAlerts')).items).toMatchObject([{ rule: { id: 'watchdog' }, state: 'alerting' }]);
});

it('tells of the layers of a router change once, with the way back, and of its end', async () => {
  nowMs += MINUTE;
  const activation = await house.call(`/api/v1/models/${MODEL}/activation`);
  await call('putActivation', { params: { model: MODEL }, headers: { 'if-match': activation.headers.get('etag')! }, body: { release: OTHER_RELEASE } });
  nowMs = Date.now() + MINUTE;
  await round(reading('0', 0.05), reading('1', 0.004), reading('2', 0.001));
  expect(await toldOf(team)).toMatchObject([{
    reason: 'new-group', groupLabels: { model: MODEL, release: OTHER_RELEASE, signal: 'router-shift' },
    alerts: [{ severity: 'critical', labels: { layer: '0' } }, { severity: 'warning', labels: { layer: '1' } }],
  }]);
  const { items } = await call('listAlerts', { query: { signal: 'router-shift', severity: 'critical', model: MODEL, state: 'alerting' } });
  expect(items).toHaveLength(1);
  const alert = await call('getAlert', { params: { alertId: items[0].id } });
  expect(alert).toMatchObject({
    state: 'alerting', episode: 1, notifications: 1, muted: null,
    finding: { release: OTHER_RELEASE, layer: 0, requests: 40, effect: { value: 0.05, unit: 'bits' }, changes: [{ kind: 'activation', what: 'activate', by: 'admin', release: OTHER_RELEASE }, { by: 'system' }], wayBack: { kind: 'rollback', to: RELEASE, path: `/api/v1/models/${MODEL}/rollback` } },
  });
  expect(alert.finding.summary).toContain('The router changed');
  await call('acknowledgeAlert', { params: { alertId: alert.id }, body: { note: 'On it.' } });
  nowMs += 10 * MINUTE;
  await round(reading('0', 0.05), reading('1', 0.004));
  expect(await toldOf(boss)).toMatchObject([{ reason: 'escalation', alerts: [{ labels: { layer: '1' } }] }]);
  expect((await call('unacknowledgeAlert', { params: { alertId: alert.id } })).acknowledged).toBeNull();
  nowMs += MINUTE;
  await round(reading('0', 0), reading('1', 0));
  nowMs += 5 * MINUTE;
  await round(reading('0', 0), reading('1', 0));
  for (const receiver of [team, boss]) expect((await toldOf(receiver)).at(-1)).toMatchObject({ reason: 'resolved', status: 'resolved', alerts: expect.arrayContaining([expect.objectContaining({ status: 'resolved', endsAtMs: nowMs })]) });
  expect((await call('listAlertEpisodes', { query: { signal: 'router-shift' } })).items.map(({ endedAt }: { endedAt: string }) => endedAt)).toEqual(Array.from({ length: 2 }, () => new Date(nowMs).toISOString()));
  await call('acknowledgeAlert', { params: { alertId: alert.id }, body: {}, status: 409 });
});

it('counts episodes on, and names each by its own fingerprint', async () => {
  nowMs += MINUTE;
  await round(reading('0', 0.05));
  const { items } = await call('listAlertEpisodes', { query: { rule: 'router-shift', limit: '2' } });
  expect(items[0]).toMatchObject({ episode: 2, endedAt: null, labels: { layer: '0' } });
  const page = await call('listAlertEpisodes', { query: { rule: 'router-shift', limit: '2', cursor: (await call('listAlertEpisodes', { query: { rule: 'router-shift', limit: '1' } })).nextCursor } });
  expect(page.items).toHaveLength(2);
  expect(new Set([...items, ...page.items].map(({ fingerprint }: { fingerprint: string }) => fingerprint)).size).toBe(3);
});

it('silences by matchers, tells of the end through a silence, and ends a silence without deleting it', async () => {
  const matchers = [{ label: 'model', is: 'equal', value: MODEL }];
  expect(await call('previewSilence', { body: { matchers } })).toMatchObject({ total: 1, alerts: [{ labels: { layer: '0' } }] });
  const before = (await toldOf(team)).length;
  const silence = await call('createSilence', { body: { matchers, comment: 'A load test.', to: new Date(nowMs + 3_600_000).toISOString() } });
  nowMs += MINUTE;
  await round(reading('0', 0.05), reading('2', 0.05));
  expect((await toldOf(team)).length).toBe(before);
  expect((await call('listAlerts', { query: { signal: 'router-shift' } })).items.map(({ muted }: { muted: unknown }) => muted)).toEqual(Array.from({ length: 2 }, () => ({ reason: 'silenced', silenceId: silence.id, by: null })));
  await house.dataSource.transaction((manager) => new Readings(house.dataSource).remove(manager, 'router-shift', { model: MODEL, release: OTHER_RELEASE, layer: '0' }));
  nowMs += 6 * MINUTE;
  await round(reading('2', 0.05));
  expect((await toldOf(team)).at(-1)).toMatchObject({ reason: 'resolved', alerts: [{ status: 'resolved', labels: { layer: '0' } }] });
  // The silence ends by the clock of the API, the rounds go by their own.
  expect(await call('expireSilence', { params: { silenceId: silence.id } })).toMatchObject({ active: false, expiredBy: expect.any(String) });
  expect((await call('listSilences')).items).toMatchObject([{ id: silence.id }]);
  expect((await call('listSilences', { query: { live: 'true' } })).items).toEqual([]);
  await round(reading('2', 0.05));
  expect((await toldOf(team)).at(-1)).toMatchObject({ status: 'firing', alerts: [{ labels: { layer: '2' } }] });
});

it('ends the alerts of a rule that is disabled, and keeps writers of a rule apart', async () => {
  const rule = await call('getAlertRule', { params: { ruleId: 'router-shift' } });
  const { id: _, generation, updatedBy: _by, updatedAt: _at, ...fields } = rule;
  await call('putAlertRule', { params: { ruleId: 'router-shift' }, headers: { 'if-match': '"7"' }, body: fields, status: 412 });
  await call('putAlertRule', { params: { ruleId: 'router-shift' }, headers: { 'if-match': `"${generation}"` }, body: { ...fields, enabled: false } });
  nowMs += 1000;
  await round(reading('2', 0.05));
  expect((await toldOf(team)).at(-1)).toMatchObject({ status: 'resolved', alerts: [{ labels: { layer: '2' } }] });
  expect((await call('putAlertRule', { params: { ruleId: 'router-shift' }, headers: { 'if-match': `"${generation + 1}"` }, body: { ...fields, labels: { severity: 'high' } }, status: 400 })).detail).toContain('severity is set by Signalbox');
  await call('deleteAlertRule', { params: { ruleId: 'router-shift' }, headers: { 'if-match': `"${generation + 1}"` } });
  await call('getAlertRule', { params: { ruleId: 'router-shift' }, status: 404 });
  expect((await call('createAlertRule', { body: { ...fields, id: 'router-shift' }, status: 409 })).code).toBe('rule_exists');
});

it('previews the episodes of a rule over recorded readings', async () => {
  const labels = { model: MODEL, release: RELEASE, layer: '0' };
  const atMs = Math.floor(Date.now() / MINUTE) * MINUTE - 60 * MINUTE;
  for (const [minute, value] of [0, 5, 5, 0, 0].entries()) await saveReadings(house.dataSource, [{ ...reading('0', value), signal: 'hot-expert', labels, atMs: atMs + minute * MINUTE }]);
  const rule = { name: 'Hot', signal: 'hot-expert', limits: [{ severity: 'warning', is: 'above', limit: 3 }], timing: { forMs: 0, keepFiringForMs: MINUTE, noDataAfterMs: 86_400_000 } };
  expect(await call('previewAlertRule', { body: { rule } })).toEqual({
    readings: 5, truncated: false, episodes: [{ labels, startedAt: new Date(atMs + MINUTE).toISOString(), endedAt: new Date(atMs + 3 * MINUTE).toISOString(), beganAs: 'alerting', severity: 'warning', peakValue: 5 }],
  });
  await call('previewAlertRule', { body: { rule, from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' }, status: 400 });
  await house.dataSource.transaction((manager) => new Readings(house.dataSource).remove(manager, 'hot-expert', labels));
});

it('refuses a policy that names no receiver, and tells whoever was told under the one before of the end', async () => {
  const policy = await call('getNotificationPolicy');
  const { generation, updatedBy: _by, updatedAt: _at, ...document } = policy;
  expect((await call('putNotificationPolicy', { headers: { 'if-match': `"${generation}"` }, body: { ...document, receivers: [randomUUID()] }, status: 400 })).field).toBe('receivers');
  await call('createAlertRule', { body: { id: 'quality-2', name: 'Q', signal: 'collapse', limits: [{ severity: 'critical', is: 'below', limit: 0.5 }], timing: { forMs: 0, keepFiringForMs: 0, noDataAfterMs: 86_400_000 } } });
  nowMs += MINUTE;
  const collapsed: Reading = { ...reading('0', 0.2), signal: 'collapse', alarm: null };
  await round(collapsed);
  await call('putNotificationPolicy', { headers: { 'if-match': `"${generation}"` }, body: { ...document, receivers: [boss] } });
  nowMs += MINUTE;
  await round({ ...collapsed, value: 0.9, interval: null, atMs: nowMs });
  const last = (await toldOf(team)).at(-1);
  expect(last).toMatchObject({ reason: 'resolved', alerts: [{ ruleId: 'quality-2', status: 'resolved' }] });
  await call('putNotificationPolicy', { headers: { 'if-match': `"${generation + 1}"` }, body: document });
});

it('aborts a canary and opens a request to go back, once in each episode, and says so', async () => {
  const rule = { name: 'Shift', signal: 'mix-shift', limits: [{ severity: 'critical', is: 'above', limit: 0.01 }], actions: [{ kind: 'abort-canary' }, { kind: 'open-rollback-request' }] };
  await call('createAlertRule', { body: { ...rule, id: 'acting' } });
  const headers = { 'if-match': (await house.call(`/api/v1/models/${MODEL}/activation`)).headers.get('etag')! };
  await call('startCanary', { params: { model: MODEL }, headers, body: { release: RELEASE, share: 0.1 } });
  nowMs += MINUTE;
  const shifted = (release: string): Reading => ({ ...reading('0', 0.05), signal: 'mix-shift', labels: { model: MODEL, release, layer: '0' } });
  await round(shifted(RELEASE), shifted(OTHER_RELEASE));
  await until(async () => (await house.dataSource.query(`SELECT 1 FROM signalbox.alert_action WHERE state = 'requested'`)).length === 0, 120_000);
  const outcomes: unknown[] = [];
  for (const { id } of (await call('listAlerts', { query: { signal: 'mix-shift' } })).items) {
    const alert = await call('getAlert', { params: { alertId: id } });
    if (alert.rule.id === 'acting') outcomes.push(...alert.actions.map(({ kind, state, outcome }: { kind: string; state: string; outcome: { code: string } }) => [alert.labels.release === RELEASE ? 'canary' : 'stable', kind, state, outcome.code]));
  }
  expect(outcomes.toSorted()).toEqual([
    ['canary', 'abort-canary', 'done', 'canary-aborted'], ['canary', 'open-rollback-request', 'refused', 'not-stable'],
    ['stable', 'abort-canary', 'refused', 'not-the-canary'], ['stable', 'open-rollback-request', 'done', 'change-opened'],
  ]);
  expect((await call('getActivation', { params: { model: MODEL } })).canary).toBeNull();
  const { items } = await call('listChanges');
  expect(items).toMatchObject([{ title: expect.stringContaining('Go back to'), author: { account: 'system', name: 'alerts' } }]);
  expect((await call('listAudit', { query: { action: 'alert.action' } })).items).toHaveLength(4);
  await round(shifted(RELEASE), shifted(OTHER_RELEASE));
  expect(await house.dataSource.query('SELECT count(*)::int AS n FROM signalbox.alert_action')).toEqual([{ n: 4 }]);
});

it('lets one of two evaluate at a time', async () => {
  const [first, second] = await Promise.all([runRound(house.dataSource, nowMs), runRound(house.dataSource, nowMs)]);
  expect([first, second].filter((outcome) => outcome === null).length).toBeLessThanOrEqual(1);
  const rows: { n: number }[] = await house.dataSource.query('SELECT count(*)::int AS n FROM (SELECT receiver_id, group_key, count(*) <> max(sequence) AS gap FROM signalbox.notification GROUP BY 1, 2) AS groups WHERE gap');
  expect(rows).toEqual([{ n: 0 }]);
});

it('refuses control characters in what operators give, naming the field, and stores none of it', async () => {
  const rule = { name: 'Odd', signal: 'collapse', limits: [{ severity: 'warning', is: 'below', limit: 0.5 }] };
  const matchers = [{ label: 'task', is: 'equal', value: 'a\u0000b' }];
  const to = new Date(Date.now() + 3_600_000).toISOString();
  for (const [name, body] of [
    ['createAlertRule', { ...rule, labels: { team: 'a\u0000b' } }],
    ['createAlertRule', { ...rule, labels: { team: 'a\u001b[31m' } }],
    ['createAlertRule', { ...rule, name: 'a\u0000b' }],
    ['createAlertRule', { ...rule, labels: { team: 'half \ud83d' } }],
    ['createAlertRule', { ...rule, annotations: { summary: 'a\u0007b' } }],
    ['createAlertRule', { ...rule, matchers }],
    ['previewAlertRule', { rule: { ...rule, matchers } }],
    ['createSilence', { matchers, comment: 'x', to }],
    ['createSilence', { matchers: [{ label: 'task', is: 'one-of', values: ['a\u0000'] }], comment: 'x', to }],
    ['createSilence', { matchers: [{ label: 'task', is: 'equal', value: 'a' }], comment: 'x\u0000', to }],
  ] as const) {
    expect(await call(name, { body, status: 400 }), JSON.stringify(body)).toMatchObject({ field: expect.any(String), detail: expect.stringContaining('without control characters') });
  }
  const kept = await call('createAlertRule', { body: { ...rule, id: 'lines', enabled: false, annotations: { runbook: 'first line\n\tsecond line' }, labels: { team: 'Zürich 🚂' } } });
  expect(kept).toMatchObject({ annotations: { runbook: 'first line\n\tsecond line' }, labels: { team: 'Zürich 🚂' } });
});

it('tells when each rule fired last, the episodes of one alert, and the notifications of one episode', async () => {
  const { items: rules } = await call('listAlertRules', { query: { limit: '200' } });
  expect(rules.find(({ id }: { id: string }) => id === 'watchdog')).toMatchObject({ lastFiredAt: expect.any(String), firing: 1 });
  const [episode] = (await call('listAlertEpisodes', { query: { signal: 'router-shift' } })).items;
  const ofAlert = (await call('listAlertEpisodes', { query: { alert: episode.alertId } })).items;
  expect(new Set(ofAlert.map(({ alertId }: { alertId: string }) => alertId))).toEqual(new Set([episode.alertId]));
  expect((await call('listAlertEpisodes', { query: { severity: 'info' } })).items.every(({ severity }: { severity: string }) => severity === 'info')).toBe(true);
  const sent = (await call('listNotifications', { query: { fingerprint: episode.fingerprint } })).items;
  expect(sent.length).toBe(episode.notifications);
  expect((await call('getNotification', { params: { notificationId: sent[0].id } })).told.map(({ fingerprint }: { fingerprint: string }) => fingerprint)).toContain(episode.fingerprint);
  expect((await call('listSignals')).items.find(({ signal }: { signal: string }) => signal === 'router-shift')).toMatchObject({ unit: 'bits', hasTest: true });
  const { series } = await call('getReadingSeries', { query: { signal: 'router-shift', from: new Date(nowMs - 86_400_000).toISOString(), to: new Date(nowMs + MINUTE).toISOString() } });
  expect(series[0].points.length).toBeGreaterThan(0);
});
