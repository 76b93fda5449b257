import { createHash, randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type DataSource } from 'typeorm';
import { type Reading } from '#libs/detection/reading/reading';
import { LENGTH_FIELD_BYTES, tensorHeaderEnd } from '#libs/release/tensor-file';
import { createDataSource } from '#libs/store/data-source';
import { labelsKey } from '#libs/store/detection/readings';
import { perturbedRouter } from '../../apps/cli/demo/shift/perturbed-router.ts';
import { saveReadings } from '../alerts/alert-fixture.ts';
import { LocalReceiver } from '../delivery/local-receiver.ts';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { freePort, SignalboxProcess, TEST_KEY } from '../harness/signalbox-process.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { until } from '../harness/until.ts';

export const MODEL = 'tiny-mixtral';
export const LAYER = 2;
const MODEL_FILE = join(import.meta.dirname, '..', '..', 'models', MODEL, 'model.safetensors');
const PARALLEL = 4;
const WAIT_MS = 120_000;
const PROMPTS = ['The court found that', 'def add(a, b):', 'Der Zug fährt nach', 'Once upon a time', 'SELECT name FROM', 'To make bread, first', 'The patient reports', 'Proof. Let x be'];

/** The running product on a database of the test's own, with a webhook receiver beside it. Measures each second. */
export class AlertsHouse {
  readonly #home = newTemporaryHome('console-alerts-');
  readonly receiver = new LocalReceiver(() => ({ status: this.receiverStatus }));
  receiverStatus = 200;
  signalbox!: SignalboxProcess;
  dataSource!: DataSource;
  #postgres!: TestPostgres;

  async start(): Promise<void> {
    this.#postgres = await startPostgres();
    const url = await this.#postgres.createDatabase();
    this.signalbox = new SignalboxProcess(this.#home, await freePort(), {
      DATABASE_URL: url, SIGNALBOX_BASELINE_REQUESTS: '0', SIGNALBOX_ALERT_INTERVAL_MS: '500', SIGNALBOX_MEASURE_INTERVAL_MS: '1000', SIGNALBOX_RECEIVER_ALLOW: '127.0.0.0/8',
    });
    await Promise.all([this.signalbox.start(), this.receiver.start()]);
    this.dataSource = await createDataSource({ url }).initialize();
  }

  async stop(): Promise<void> {
    await this.dataSource?.destroy();
    await this.signalbox?.stop();
    await this.receiver.stop();
    await this.#postgres?.stop();
    rmSync(this.#home, { recursive: true, force: true });
  }

  get<T>(path: string): Promise<T> {
    return this.signalbox.json<T>(`/api/v1${path}`);
  }

  async send<T>(method: 'POST' | 'PUT', path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<T> {
    const answer = await fetch(`${this.signalbox.url}${path}`, { method, headers: { authorization: `Bearer ${TEST_KEY}`, 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  async traffic(requests: number): Promise<void> {
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < requests) {
        next += 1;
        await this.send('POST', '/v1/completions', { model: MODEL, prompt: PROMPTS[next % PROMPTS.length], max_tokens: 8 });
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, lane));
  }

  stable(): Promise<{ readonly releaseId: string; readonly generation: number }> {
    return this.get(`/models/${MODEL}/activation`);
  }

  /** Makes and activates a release whose router of one layer is all zeros: it sends every token to the same experts. */
  async breakRouter(): Promise<string> {
    const { releaseId: base, generation } = await this.stable();
    const { original } = await perturbedRouter(MODEL_FILE, LAYER, 1, Math.random);
    const bytes = Uint8Array.from(original.bytes);
    bytes.fill(0, tensorHeaderEnd(bytes.subarray(0, LENGTH_FIELD_BYTES), bytes.byteLength));
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const component = `router/${LAYER}`;
    const { uploadId } = await this.send<{ uploadId: string }>('POST', '/api/v1/uploads', { sha256, sizeBytes: bytes.byteLength, kind: 'router', model: MODEL, component });
    const answer = await fetch(`${this.signalbox.url}/api/v1/uploads/${uploadId}?offset=0`, { method: 'PUT', headers: { authorization: `Bearer ${TEST_KEY}`, 'content-type': 'application/octet-stream' }, body: bytes });
    if (!answer.ok) throw new Error(`the upload answered ${answer.status}: ${await answer.text()}`);
    const { releaseId } = await this.send<{ releaseId: string }>('POST', '/api/v1/releases', { base, replace: { [component]: sha256 }, note: 'a router that has collapsed' });
    await this.send('PUT', `/api/v1/models/${MODEL}/activation`, { release: releaseId, reason: 'a router that has collapsed' }, { 'if-match': `"${generation}"` });
    await until(async () => (await this.get<{ converged: boolean }>(`/models/${MODEL}/activation`)).converged, WAIT_MS, () => 'the release does not become active');
    return releaseId;
  }

  /** Written straight into the store: a real shift needs thousands of requests. */
  seed(...readings: readonly Reading[]): Promise<void> {
    return saveReadings(this.dataSource, readings);
  }

  /** Past readings only: nothing is evaluated because of them. */
  async seedHistory(readings: readonly Reading[]): Promise<void> {
    await this.dataSource.query(
      `INSERT INTO signalbox.reading_history (signal, labels_key, at, value, low, high, alarm, evidence, minute)
       SELECT signal, labels_key, at, value, low, high, alarm, evidence, date_trunc('minute', at) FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::float8[], $5::float8[], $6::float8[], $7::boolean[], $8::float8[]) AS r (signal, labels_key, at, value, low, high, alarm, evidence)`,
      [
        readings.map(({ signal }) => signal), readings.map(({ labels }) => labelsKey(labels)), readings.map(({ atMs }) => new Date(atMs).toISOString()), readings.map(({ value }) => value),
        readings.map(({ interval }) => interval?.low ?? null), readings.map(({ interval }) => interval?.high ?? null), readings.map(({ alarm }) => alarm), readings.map(({ evidence }) => evidence),
      ],
    );
  }

  /** A baseline over the traffic so far, that nothing is compared with. @returns its id */
  async seedBaseline(release: string, fromMs: number): Promise<string> {
    const id = randomUUID();
    const options = { sampleRequests: 1000, segments: [], mixByHour: false, mixBySegment: null, adoptFirst: false };
    await this.dataSource.query(
      `INSERT INTO signalbox.baseline (id, model, release, layers, experts, state, from_at, to_at, options, layers_done, requests, created_by, created_at, ended_at) VALUES ($1, $2, $3, 4, 8, 'ready', $4, now(), $5, 4, 1000, 'test', now(), now())`,
      [id, MODEL, release, new Date(fromMs), JSON.stringify(options)],
    );
    return id;
  }
}
