import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missingNote } from '../fixtures/installed-program.ts';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { freePort, SignalboxProcess, TEST_KEY } from '../harness/signalbox-process.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { until } from '../harness/until.ts';
import { startPrometheus } from './prometheus.ts';

const REQUESTS = 4;
const note = missingNote(['promtool', 'prometheus']);

/** What promtool has to say of an exposition: nothing, if all is well. */
function promtool(exposition: string): string {
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: exposition, encoding: 'utf8' });
  return status === 0 ? `${stdout}${stderr}` : `exit ${status}: ${stdout}${stderr}`;
}

describe.skipIf(note !== '')(`/metrics and Debian's Prometheus${note}`, () => {
  let home: string;
  let signalbox: SignalboxProcess;
  let postgres: TestPostgres | null = null;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    home = newTemporaryHome('signalbox-prometheus-');
    // What is measured of the usage is to be among what promtool sees.
    signalbox = new SignalboxProcess(home, await freePort(), { SIGNALBOX_MEASURE_INTERVAL_MS: '1000' });
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await signalbox.stop();
    await postgres?.stop();
    rmSync(home, { recursive: true, force: true });
  });

  it('finds fault with a metric that has one', () => {
    expect(promtool('# TYPE a_count counter\na_count 1\n')).toContain('a_count');
  });

  it('scrapes what `npm start` shows of all its processes, and promtool finds no fault with it', async () => {
    await signalbox.start();
    const prometheus = await startPrometheus([new URL(signalbox.url).host]);
    try {
      for (let number = 0; number < REQUESTS; number += 1) {
        const answer = await fetch(`${signalbox.url}/v1/completions`, {
          method: 'POST',
          headers: { authorization: `Bearer ${TEST_KEY}`, 'content-type': 'application/json' },
          body: JSON.stringify({ model: 'tiny-mixtral', prompt: `Line ${number}`, max_tokens: 4 }),
        });
        expect(answer.status).toBe(200);
      }
      const written = async (): Promise<string | undefined> => (await prometheus.query('signalbox_traces_written_total{process="pipeline"}'))[0]?.value[1];
      await until(async () => (await written()) === String(REQUESTS), 120_000, prometheus.log);
      // A process that is too busy to answer a scrape is left out of it, and a scrape that took too long shows nothing: the next one may.
      await expect.poll(async () => (await prometheus.targets()).map(({ health, lastError }) => ({ health, lastError }))).toEqual([{ health: 'up', lastError: '' }]);
      const processes = async (): Promise<string[]> => (await prometheus.query('count by (process) (process_resident_memory_bytes)')).map(({ metric }) => metric['process'] ?? 'own').toSorted();
      await expect.poll(processes).toEqual(['own', 'pipeline', 'watch']);
      expect(prometheus.complaints()).toEqual([]);
      const exposition = async (): Promise<string> => (await fetch(`${signalbox.url}/metrics`)).text();
      await until(async () => /^signalbox_routing_entropy_shannons\{/m.test(await exposition()), 120_000, () => signalbox.lastWords);
      expect(promtool(await exposition())).toBe('');
    } finally {
      await prometheus.stop();
    }
  });

  it('scrapes each role that runs by itself, and promtool finds no fault with it', async () => {
    await signalbox.stop();
    postgres = await startPostgres();
    const common = { PATH: process.env['PATH'], DATABASE_URL: await postgres.createDatabase(), SIGNALBOX_HOME: `${home}/roles`, SIGNALBOX_LOG_LEVEL: 'error', SIGNALBOX_ADMIN_KEY: TEST_KEY };
    const hosts: string[] = [];
    for (const [role, variable] of [['control', 'SIGNALBOX_PORT'], ['inference', 'SIGNALBOX_PORT'], ['pipeline', 'SIGNALBOX_PIPELINE_PORT'], ['watch', 'SIGNALBOX_WATCH_PORT'], ['evaluation', 'SIGNALBOX_EVALUATION_PORT']] as const) {
      const host = `127.0.0.1:${await freePort()}`;
      children.push(fork(new URL(`../../dist/apps/${role}/main.js`, import.meta.url), { env: { ...common, [variable]: host.split(':')[1] }, execArgv: [] }));
      await until(async () => (await fetch(`http://${host}/healthz`).catch(() => null))?.ok === true, 120_000, () => `${role} does not start`);
      hosts.push(host);
    }
    const prometheus = await startPrometheus(hosts);
    try {
      await expect.poll(async () => (await prometheus.targets()).map(({ health, lastError }) => ({ health, lastError }))).toEqual(hosts.map(() => ({ health: 'up', lastError: '' })));
      await until(async () => (await prometheus.query('process_resident_memory_bytes')).length === hosts.length, 120_000, prometheus.log);
      expect(prometheus.complaints()).toEqual([]);
      for (const host of hosts) expect(promtool(await (await fetch(`http://${host}/metrics`)).text()), host).toBe('');
    } finally {
      await prometheus.stop();
    }
  });
});
