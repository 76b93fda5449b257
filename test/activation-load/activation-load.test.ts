import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { changeCheckpoint, isExpert, isRouter } from '../../bench/activation/changed-checkpoint.ts';
import { changeUnderLoad } from '../../bench/activation/changing-load.ts';
import { type Expectations, expectedAnswers, type LoadSettings, makePrompts, tellApart } from '../../bench/activation/checked-load.ts';
import { type Cluster, startCluster } from '../../bench/activation/cluster.ts';
import { commandCycle, Operator } from '../../bench/activation/operator.ts';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { TINY_MIXTRAL } from '../fixtures/tiny-release.ts';
import { freePort, TEST_KEY } from '../harness/signalbox-process.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const MODEL = 'tiny-mixtral';
const REQUESTS = 600;
const COMMANDS = 11;
const PROMPTS = makePrompts(20, 20, 4096);

let postgres: TestPostgres;
let home: string;
let cluster: Cluster;

beforeAll(async () => {
  postgres = await startPostgres();
  home = newTemporaryHome('activation-load-');
  cluster = await startCluster({
    root: ROOT,
    node: join(ROOT, 'node_modules', '.bin', 'node'),
    home,
    databaseUrl: await postgres.createDatabase(),
    key: TEST_KEY,
    controlPort: await freePort(),
    inferencePorts: [await freePort(), await freePort()],
    pipelinePort: null,
    // No expert is taken out for being slow, as one may be on a full machine: it would change answers.
    environment: { SIGNALBOX_CAPTURE: 'off', SIGNALBOX_ENGINE_THREADS: '1', SIGNALBOX_EXPERT_SLOW_FACTOR: '0' },
  });
});

afterAll(async () => {
  await cluster?.stop();
  await postgres?.stop();
  if (home) rmSync(home, { recursive: true, force: true });
});

it('answers every request whole by one release while releases are activated, tried, promoted and taken back on two processes', async () => {
  const operator = new Operator(cluster.controlUrl, TEST_KEY, MODEL);
  const variants = {
    expert: (tensor: string) => isExpert(tensor, 1, 3),
    router: (tensor: string) => isRouter(tensor, 2),
    otherExpert: (tensor: string) => isExpert(tensor, 3, 0),
  };
  const base = await operator.import(TINY_MIXTRAL);
  const releases = { expert: '', router: '', otherExpert: '' };
  for (const [name, isChanged] of Object.entries(variants)) {
    changeCheckpoint(TINY_MIXTRAL, join(home, name), isChanged);
    releases[name as keyof typeof releases] = await operator.import(join(home, name));
  }
  const settings: LoadSettings = { urls: cluster.inferenceUrls, key: TEST_KEY, model: MODEL, prompts: PROMPTS, maxTokens: 8, parallel: 8, pauseMs: 0 };
  const expectations: Expectations = new Map();
  // The base last: it serves when the load begins.
  for (const release of [...Object.values(releases), base]) {
    await operator.command({ type: 'activate', release });
    await operator.converged(2);
    expectations.set(release, await expectedAnswers(settings, release));
  }
  expect(expectations.size).toBe(4);
  expect(tellApart(expectations, PROMPTS.length)).toBeGreaterThan(PROMPTS.length / 2);

  const { sent, commands } = await changeUnderLoad(settings, expectations, REQUESTS, operator, commandCycle(releases).slice(0, COMMANDS));
  expect(commands).toBe(COMMANDS);
  expect(sent.filter(({ failure }) => failure !== null)).toEqual([]);
  expect(sent.filter(({ isWhole }) => !isWhole)).toEqual([]);
  expect(sent).toHaveLength(REQUESTS);
  expect(new Set(sent.map(({ release }) => release))).toEqual(new Set(expectations.keys()));
});
