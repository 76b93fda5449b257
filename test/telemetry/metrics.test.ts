import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { startPostgres } from '../fixtures/postgres.ts';
import { freePort, SignalboxProcess, TEST_KEY } from '../harness/signalbox-process.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { until } from '../harness/until.ts';
import { type Metric, parseExposition, sumOf } from './exposition.ts';

/** Series in all of /metrics for one model of 4 layers x 8 experts and the routes of this test: no expert, key or request has one. */
const MAX_SERIES = 700;
const REQUESTS = 12;

let home = '';
let signalbox: SignalboxProcess;
let child: ChildProcess | null = null;

beforeAll(async () => {
  home = newTemporaryHome('signalbox-metrics-');
  signalbox = new SignalboxProcess(home, await freePort());
});
afterEach(async () => {
  await signalbox.stop();
  child?.kill('SIGKILL');
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

async function scrape(url: string): Promise<Map<string, Metric>> {
  const response = await fetch(`${url}/metrics`);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  return parseExposition(await response.text());
}

const send = (number: number): Promise<Response> =>
  fetch(`${signalbox.url}/v1/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TEST_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'tiny-mixtral', prompt: `Line ${number}`, max_tokens: 4, metadata: { tenant: `tenant-${number}` } }),
  });

it('shows the whole product at /metrics, in bounded series that a strict reader takes', async () => {
  await signalbox.start();
  for (let number = 0; number < REQUESTS; number += 1) expect((await send(number)).status).toBe(200);
  for (const path of ['/v1/nothing', '/api/v1/nothing', '/a/b/c']) await fetch(`${signalbox.url}${path}`);
  // One scrape with all of them: the watch may start later than the pipeline has written, and a child that is busy is left out.
  let metrics = new Map<string, Metric>();
  const ofAll = async (): Promise<boolean> => {
    metrics = await scrape(signalbox.url);
    return sumOf(metrics, 'signalbox_traces_written_total') >= REQUESTS && metrics.get('process_resident_memory_bytes')?.series.size === 3;
  };
  await until(ofAll, 120_000, () => signalbox.log.slice(-2000));

  const pipeline = ['process="pipeline"'];
  expect(sumOf(metrics, 'signalbox_traces_written_total', pipeline)).toBe(REQUESTS);
  expect(sumOf(metrics, 'signalbox_generations_total', ['status="answered"'])).toBe(REQUESTS);
  const written = sumOf(metrics, 'signalbox_batches_total', [...pipeline, 'outcome="written"']);
  expect(written).toBeGreaterThan(0);
  expect(sumOf(metrics, 'signalbox_batch_duration_seconds', ['_count{'])).toBe(written);
  expect(metrics.get('signalbox_queue_errors_total')?.series.size).toBe(1);
  // All processes tell of themselves under the same names.
  expect([...(metrics.get('process_resident_memory_bytes')?.series.keys() ?? [])]).toEqual(['process_resident_memory_bytes{}', 'process_resident_memory_bytes{process="pipeline"}', 'process_resident_memory_bytes{process="watch"}']);
  for (const name of ['gen_ai_server_request_duration_seconds', 'gen_ai_server_time_to_first_token_seconds', 'signalbox_queue_wait_seconds', 'http_server_request_duration_seconds', 'signalbox_spool_held_bytes', 'signalbox_engine_requests', 'signalbox_weights_bytes']) {
    expect(metrics.has(name), name).toBe(true);
  }
  const keys = [...metrics.values()].flatMap(({ series }) => [...series.keys()]);
  expect(keys.length).toBeLessThan(MAX_SERIES);
  // No label is what a client sent.
  expect(keys.filter((key) => /tenant-\d|nothing|\/a\/b|expert="/.test(key))).toEqual([]);

  // Without its pipeline it goes on telling of itself, and counts go on after the new start.
  for (const pid of signalbox.childrenMatching('pipeline')) process.kill(pid, 'SIGKILL');
  // Between two looks another one may have been started: its counts begin anew.
  await until(async () => sumOf(await scrape(signalbox.url), 'signalbox_traces_written_total', pipeline) === 0, 120_000);
  expect(sumOf(await scrape(signalbox.url), 'signalbox_generations_total')).toBe(REQUESTS);
  expect((await send(REQUESTS)).status).toBe(200);
  await until(async () => sumOf(await scrape(signalbox.url), 'signalbox_traces_written_total', pipeline) === 1, 120_000, () => signalbox.log.slice(-2000));
});

it('lets a pipeline by itself show health and metrics on a port of its own', async () => {
  const postgres = await startPostgres();
  try {
    const port = await freePort();
    const env = { PATH: process.env['PATH'], DATABASE_URL: await postgres.createDatabase(), SIGNALBOX_HOME: `${home}/alone`, SIGNALBOX_LOG_LEVEL: 'error', SIGNALBOX_PIPELINE_PORT: String(port) };
    child = fork(new URL('../../dist/apps/pipeline/main.js', import.meta.url), { env, execArgv: [] });
    const url = `http://127.0.0.1:${port}`;
    await until(async () => (await fetch(`${url}/readyz`).catch(() => null))?.ok === true, 120_000);
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'alive' });
    const metrics = await scrape(url);
    expect([...(metrics.get('signalbox_traces_written_total')?.series ?? [])]).toEqual([['signalbox_traces_written_total{}', 0]]);
    postgres.kill();
    await until(async () => (await fetch(`${url}/readyz`)).status === 503, 120_000);
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  } finally {
    await postgres.stop();
  }
});
