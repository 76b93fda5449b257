import { rmSync } from 'node:fs';
import { type DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Reading } from '#libs/detection/reading/reading';
import { Readings } from '#libs/store/detection/readings';
import { missingNote } from '../fixtures/installed-program.ts';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { freePort, SignalboxProcess, TEST_KEY } from '../harness/signalbox-process.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { until } from '../harness/until.ts';
import { openStore } from '../store/store.fixture.ts';
import { startAlertmanager } from './alertmanager.ts';

const RELEASE = 'ab'.repeat(32);
const note = missingNote(['prometheus-alertmanager']);

describe.skipIf(note !== '')(`alerts and Debian's Alertmanager${note}`, () => {
  let home: string;
  let postgres: TestPostgres;
  let store: DataSource;
  let signalbox: SignalboxProcess;
  let alertmanager: Awaited<ReturnType<typeof startAlertmanager>>;

  beforeAll(async () => {
    home = newTemporaryHome('signalbox-alertmanager-');
    postgres = await startPostgres();
    const databaseUrl = await postgres.createDatabase();
    // Readings are this test's: no detector shall take them back.
    signalbox = new SignalboxProcess(home, await freePort(), { DATABASE_URL: databaseUrl, SIGNALBOX_DETECTION: 'off', SIGNALBOX_ALERT_INTERVAL_MS: '200', SIGNALBOX_RECEIVER_ALLOW: '127.0.0.0/8' });
    await signalbox.start();
    store = await openStore(databaseUrl);
    alertmanager = await startAlertmanager(['model', 'signal']);
  });
  afterAll(async () => {
    await signalbox?.stop();
    await alertmanager?.stop();
    await store?.destroy();
    await postgres?.stop();
    rmSync(home, { recursive: true, force: true });
  });

  async function call<T>(method: string, path: string, body: unknown, headers: Record<string, string> = {}): Promise<T> {
    const answer = await fetch(`${signalbox.url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${TEST_KEY}`, 'content-type': 'application/json', 'idempotency-key': `${method}${path}${JSON.stringify(body)}`.slice(0, 200).replaceAll(/[^\w]/g, ''), ...headers },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  const reading = (signal: 'router-shift' | 'mix-shift', layer: number, alarm: boolean): Reading => ({
    signal, labels: { model: 'tiny-mixtral', release: RELEASE, layer: String(layer) }, atMs: Date.now(), value: alarm ? 0.05 : 0, interval: { low: alarm ? 0.04 : 0, high: 0.06 }, alarm, evidence: alarm ? 1e6 : 1, detail: {},
  });
  const read = (alarm: boolean): Promise<void> =>
    store.transaction((manager) => new Readings(store).save(manager, [reading('router-shift', 1, alarm), reading('router-shift', 2, alarm), reading('mix-shift', 3, alarm)]));
  const layersOf = (group: { readonly alerts: readonly { readonly labels: Readonly<Record<string, string>> }[] }): string[] => group.alerts.map(({ labels }) => `${labels['signal']} ${labels['layer']}`).toSorted();

  it('holds our alerts in its own groups, and sees them end when they end with us', async () => {
    const { id } = await call<{ id: string }>('POST', '/receivers', { name: 'alertmanager', target: { kind: 'alertmanager', url: alertmanager.url } });
    const rules: string[] = [];
    for (const signal of ['router-shift', 'mix-shift']) {
      const rule = { name: `Test of ${signal}`, signal, limits: [{ severity: 'critical', is: 'above', limit: 0.01 }], timing: { forMs: 0, keepFiringForMs: 0, noDataAfterMs: 86_400_000 }, annotations: { summary: 'A test.' } };
      rules.push((await call<{ id: string }>('POST', '/alert-rules', rule)).id);
    }
    const timing = { groupWaitMs: 0, groupIntervalMs: 200, repeatIntervalMs: 3_600_000 };
    const routes = [{ name: 'test', matchers: [{ label: 'rule', is: 'one-of', values: rules }], receivers: [id], timing }];
    await call('PUT', '/notification-policy', { receivers: [], routes }, { 'if-match': '"0"' });

    await read(true);
    const routerGroup = () => alertmanager.told.findLast(({ groupLabels }) => groupLabels['signal'] === 'router-shift');
    await until(() => alertmanager.told.some((told) => layersOf(told).length === 2), 120_000, () => `${JSON.stringify(alertmanager.told)}\n${alertmanager.log()}\n${signalbox.log}`);
    await until(async () => (await alertmanager.alerts()).length === 3, 120_000);
    const held = await alertmanager.alerts();
    expect(layersOf({ alerts: held })).toEqual(['mix-shift 3', 'router-shift 1', 'router-shift 2']);
    expect(held[0]).toMatchObject({ labels: { alertname: expect.stringMatching(/^Test of /), severity: 'critical', model: 'tiny-mixtral', release: RELEASE }, annotations: { summary: 'A test.' } });
    // Should we fall silent, it ends by itself.
    for (const { endsAt } of held) expect(Date.parse(endsAt)).toBeGreaterThan(Date.now());
    expect(layersOf(routerGroup()!)).toEqual(['router-shift 1', 'router-shift 2']);
    expect(routerGroup()).toMatchObject({ status: 'firing', groupLabels: { model: 'tiny-mixtral', signal: 'router-shift' } });

    await read(false);
    await until(() => ['router-shift', 'mix-shift'].every((signal) => alertmanager.told.findLast(({ groupLabels }) => groupLabels['signal'] === signal)?.status === 'resolved'), 120_000, () => `${JSON.stringify(alertmanager.told)}\n${signalbox.log}`);
    await until(async () => (await alertmanager.alerts()).length === 0, 120_000);
    expect(routerGroup()?.alerts.map(({ status }) => status)).toEqual(['resolved', 'resolved']);

    // A second episode is a new alert for it.
    await read(true);
    await until(async () => (await alertmanager.alerts()).length === 3, 120_000);
  });
});
