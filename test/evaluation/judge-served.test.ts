import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { type DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BothOrders, bothOrders, readPreference, winShare } from '#libs/evaluation/grade/judge';
import { judgeConsistency } from '#libs/evaluation/grade/judge-consistency';
import { type SuiteResult } from '#libs/evaluation/run/result';
import { type Gate } from '#libs/evaluation/suite/suite';
import { composeManifest } from '#libs/release/compose-manifest';
import { releaseIdOf } from '#libs/release/manifest-digest';
import { createDataSource } from '#libs/store/data-source';
import { Datasets } from '#libs/store/evaluation/datasets';
import { type EvaluationRun } from '#libs/store/evaluation/evaluation-run';
import { EvaluationRuns } from '#libs/store/evaluation/evaluation-runs';
import { Suites } from '#libs/store/evaluation/suites';
import { Releases } from '#libs/store/releases/releases';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { freePort, SignalboxProcess, TEST_KEY } from '../harness/signalbox-process.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { until } from '../harness/until.ts';
import { audit } from './runner-house.ts';

/** A judge that is a real model: the product asks itself, over HTTP, which answers of its own releases are better. */
const WAIT_MS = 240_000;
/** Of a test that waits for two runs. */
const TEST_MS = 600_000;
const PROMPTS = ['The train waits at', 'Der Zug steht am', 'def mean(values):', 'Once upon a time', 'In the beginning God', 'La casa es', 'The patient was', 'SELECT name FROM', 'The court held that', 'Il y a longtemps'];
/** A name with which the demo model is served. */
let model: string;

interface Asked {
  readonly authorization: string | undefined;
  readonly question: string;
  readonly isFormed: boolean;
  readonly reply: string;
}

/** Stands before the endpoint: passes requests on as they are, keeps what was said, and can be away. */
class Way {
  readonly asked: Asked[] = [];
  /** Requests that found nobody. */
  refused = 0;
  /** Requests that are still answered before the judge goes away, and requests that find nobody before it is back. */
  #left = Number.POSITIVE_INFINITY;
  #away = 0;
  /** An endpoint that takes no notice of the form that it is asked for. */
  isDeafToForms = false;
  readonly #server: Server = createServer((request, response) => void this.#pass(request, response));

  constructor(private readonly to: () => string) {}

  async open(): Promise<string> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  goesAway(after: number, forRequests: number): void {
    this.#left = after;
    this.#away = forRequests;
  }

  comesBack(): void {
    this.#left = Number.POSITIVE_INFINITY;
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      let text = '';
      for await (const chunk of request) text += String(chunk);
      if (this.#left <= 0) {
        this.refused += 1;
        this.#away -= 1;
        if (this.#away <= 0) this.comesBack();
        request.socket.destroy();
        return;
      }
      this.#left -= 1;
      const { response_format: form, ...body } = JSON.parse(text) as { readonly response_format?: unknown; readonly messages: readonly { readonly content: string }[] };
      const { authorization } = request.headers;
      const passed = await fetch(`${this.to()}${request.url ?? ''}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(authorization === undefined ? {} : { authorization }) },
        body: this.isDeafToForms ? JSON.stringify({ ...body, max_tokens: 24 }) : text,
      });
      const answer = await passed.text();
      const reply = passed.ok ? (JSON.parse(answer) as { readonly choices: readonly { readonly message: { readonly content: string } }[] }).choices[0]!.message.content : '';
      this.asked.push({ authorization, question: body.messages[0]!.content, isFormed: form !== undefined, reply });
      response.writeHead(passed.status, { 'content-type': 'application/json' }).end(answer);
    } catch {
      request.socket.destroy();
    }
  }
}

let postgres: TestPostgres;
let signalbox: SignalboxProcess;
let dataSource: DataSource;
let runs: EvaluationRuns;
let releases: { readonly candidate: string; readonly reference: string };
const home = newTemporaryHome('signalbox-judge-');
const way = new Way(() => signalbox.url);

beforeAll(async () => {
  postgres = await startPostgres();
  const url = await postgres.createDatabase();
  signalbox = new SignalboxProcess(home, await freePort(), {
    DATABASE_URL: url,
    SIGNALBOX_DETECTION: 'off',
    SIGNALBOX_LOG_LEVEL: 'info',
    SIGNALBOX_EVALUATION_JUDGE_URL: await way.open(),
    SIGNALBOX_EVALUATION_JUDGE_MODEL: 'tiny-mixtral',
    SIGNALBOX_EVALUATION_JUDGE_KEY: TEST_KEY,
    SIGNALBOX_EVALUATION_JUDGE_REPLIES: 'json-schema',
  });
  await signalbox.start();
  dataSource = await createDataSource({ url, poolSize: 2 }).initialize();
  runs = new EvaluationRuns(dataSource);
  const stored = new Releases(dataSource);
  const [demo] = await stored.list(1);
  model = demo!.model;
  // The same parts with one expert a token: it answers otherwise.
  const manifest = composeManifest({ base: demo!.manifest, routing: { topK: 1 } });
  const sizesBytes = Object.fromEntries(Object.values(manifest.components).map((sha256) => [sha256, 8]));
  releases = { candidate: releaseIdOf(manifest), reference: demo!.releaseId };
  await stored.save({ releaseId: releases.candidate, model, manifest, importedFrom: 'test', createdAtMs: Date.now(), sizesBytes }, audit('release.import'));
});
afterAll(async () => {
  await dataSource?.destroy();
  await signalbox?.stop();
  await way.close();
  await postgres?.stop();
  rmSync(home, { recursive: true, force: true });
});

/** A suite of one preference task. */
async function suiteOf(criterion: string, prompts: readonly string[], gates: readonly Gate[] = []): Promise<string> {
  const by = { createdBy: 'user:ada', atMs: Date.now() };
  const content = Buffer.from(prompts.map((prompt) => `${JSON.stringify({ prompt })}\n`).join(''));
  const { dataset } = await new Datasets(dataSource).put({ content, items: prompts.length, ...by }, () => audit('dataset.put'));
  const task = { id: 'answers', kind: 'preference' as const, dataset: dataset.sha256, grader: { maxTokens: 12, criterion }, gates };
  const { stored } = await new Suites(dataSource).put({ format: 'signalbox.suite/1', name: 'judged', description: '', tasks: [task] }, by, () => audit('suite.put'));
  return stored.digest;
}

async function order(suite: string): Promise<string> {
  const id = randomUUID();
  await runs.create({ id, spec: { format: 'signalbox.evaluation/1', kind: 'suite', ...releases, suite, settings: {} }, requestedBy: 'user:ada', createdAtMs: Date.now() }, audit('evaluation.create'));
  return id;
}

async function ended(id: string): Promise<EvaluationRun> {
  let run = (await runs.find(id))!;
  await until(async () => ['succeeded', 'failed'].includes((run = (await runs.find(id))!).state), WAIT_MS, () => `the run is at ${JSON.stringify(run)}\n${signalbox.lastWords}`);
  return run;
}

async function resultOf(id: string): Promise<{ readonly text: string; readonly digest: string; readonly task: SuiteResult['tasks'][number]; readonly result: SuiteResult }> {
  const run = await ended(id);
  if (run.state !== 'succeeded') throw new Error(`the run failed: ${JSON.stringify(run.error)}\n${signalbox.lastWords}`);
  const { result: text, resultDigest: digest } = (await runs.result(id))!;
  const result = JSON.parse(text) as SuiteResult;
  return { text, digest, result, task: result.tasks[0]! };
}

const report = async (id: string, format: string): Promise<string> => (await fetch(`${signalbox.url}/api/v1/evaluations/${id}/report?format=${format}`, { headers: { authorization: `Bearer ${TEST_KEY}` } })).text();

/** What the endpoint said, pair by pair: it is asked one pair after the other, the candidate's answer as A and then as B. */
function pairsSaid(asked: readonly Asked[]): BothOrders[] {
  return Array.from({ length: asked.length / 2 }, (_, pair) => bothOrders(readPreference(asked[2 * pair]!.reply), readPreference(asked[2 * pair + 1]!.reply)));
}

const answersOf = (question: string): readonly string[] => /<<<ANSWER A\n([\s\S]*)\nANSWER A>>>\n\n<<<ANSWER B\n([\s\S]*)\nANSWER B>>>/.exec(question)!.slice(1);

it('asks a real model in both orders, in the form of a verdict, and tells how far it can be believed', async () => {
  const from = way.asked.length;
  const id = await order(await suiteOf('It is good English.', PROMPTS, [{ metric: 'winShare', atLeast: 0.4 }]));
  const { text, task, result } = await resultOf(id);
  const asked = way.asked.slice(from);
  expect(asked).toHaveLength(2 * PROMPTS.length);
  for (let pair = 0; pair < PROMPTS.length; pair += 1) {
    const [first, second] = [answersOf(asked[2 * pair]!.question), answersOf(asked[2 * pair + 1]!.question)];
    expect(second).toEqual(first.toReversed());
  }
  expect(asked.every(({ isFormed, authorization }) => isFormed && authorization === `Bearer ${TEST_KEY}`)).toBe(true);
  // Held to the form by the endpoint, every reply can be read.
  for (const { reply } of asked) expect(['A', 'B', 'TIE']).toContain((JSON.parse(reply) as { readonly verdict: string }).verdict);
  const said = pairsSaid(asked);
  expect(task.judging).toEqual({ judge: 'tiny-mixtral', ...judgeConsistency(said) });
  expect(task.judging).toMatchObject({ pairs: PROMPTS.length, unreadable: 0 });
  expect(task.metrics.find(({ name }) => name === 'winShare')!.candidate.value).toBeCloseTo(said.reduce((sum, pair) => sum + winShare(pair)!, 0) / said.length, 12);
  // A model of this size has no opinion: its verdicts must not decide a gate.
  expect(task.judging!.standing).not.toBe('tells');
  expect(result.verdict.outcome).toBe('inconclusive');
  const told = await report(id, 'text');
  expect(told).toMatch(/Can the judge tell\?\n(?:The judge tiny-mixtral cannot tell|It is not shown that tiny-mixtral can tell)/);
  // The key is in what was sent to the judge, and nowhere else.
  const parts: { readonly part: string }[] = await dataSource.query('SELECT part::text AS part FROM signalbox.evaluation_part');
  expect([text, told, await report(id, 'markdown'), await report(id, 'junit'), signalbox.log, ...parts.map(({ part }) => part)].join('\n')).not.toContain(TEST_KEY);
});

it('counts replies that cannot be read, of an endpoint that takes no notice of the form', async () => {
  const from = way.asked.length;
  way.isDeafToForms = true;
  const id = await order(await suiteOf('It is short.', PROMPTS.slice(0, 3)));
  const { task } = await resultOf(id);
  way.isDeafToForms = false;
  const said = pairsSaid(way.asked.slice(from));
  const unreadable = said.filter((pair) => winShare(pair) === null).length;
  expect(unreadable).toBeGreaterThan(0);
  expect(task.judging).toMatchObject({ pairs: 3, unreadable, standing: 'not-shown' });
  expect(task.metrics.find(({ name }) => name === 'unreadable')!.candidate).toMatchObject({ value: unreadable / 3, n: 3 });
  expect(task.failures.filter(({ detail }) => detail.includes('neither A, B nor TIE'))).toHaveLength(unreadable);
});

it('goes on when the judge comes back, to the same result', async () => {
  const suite = await suiteOf('It is true.', PROMPTS);
  const undisturbed = await resultOf(await order(suite));
  await dataSource.query('DELETE FROM signalbox.evaluation_part');
  const from = way.asked.length;
  const refusedBefore = way.refused;
  // The first step has eight pairs: it is kept, and the judge goes in the midst of the second.
  way.goesAway(17, 2);
  expect((await resultOf(await order(suite))).digest).toBe(undisturbed.digest);
  expect(way.refused - refusedBefore).toBe(2);
  // Eight pairs once; of the two others one question is asked anew.
  expect(way.asked.length - from).toBe(2 * PROMPTS.length + 1);
}, TEST_MS);

it('gives up when the judge stays away, says what to look at, and goes on from what was kept when asked again', async () => {
  const suite = await suiteOf('It is polite.', PROMPTS);
  const from = way.asked.length;
  way.goesAway(17, Number.POSITIVE_INFINITY);
  const run = await ended(await order(suite));
  expect(run.state).toBe('failed');
  expect(run.error).toMatchObject({ reason: 'evaluator-failed', message: expect.stringMatching(/judge cannot be reached .*SIGNALBOX_EVALUATION_JUDGE_URL/) });
  expect(JSON.stringify(run.error) + signalbox.log).not.toContain(TEST_KEY);
  way.comesBack();
  const { task } = await resultOf(await order(suite));
  expect(task.judging!.pairs).toBe(PROMPTS.length);
  expect(way.asked.length - from).toBe(2 * PROMPTS.length + 1);
}, TEST_MS);
