import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../harness/random.ts';
import { freePort, SignalboxProcess } from '../harness/signalbox-process.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { until } from '../harness/until.ts';
import { killPostgres, RedisServer, redisInstalled } from './processes.ts';
import { type LoadTally, runMixedLoad } from './mixed-load.ts';
import { type RecordedRequest, recordedRequests, usageTotals } from './recorded.ts';

const KILLS = 20;
/** A third of the kills starts the whole product again, which takes a busy machine half a minute. */
const KILLS_LIMIT_MS = 900_000;

function emptyTally(): LoadTally {
  return { answered: [], aborted: 0, refused: 0, broken: 0 };
}

/** Waits until every answered request is recorded and nothing waits in the spool; gives what was recorded. */
async function settled(signalbox: SignalboxProcess, tally: LoadTally): Promise<RecordedRequest[]> {
  let recorded: RecordedRequest[] = [];
  let missing: string[] = [];
  await until(
    async () => {
      recorded = await recordedRequests(signalbox);
      const ids = new Set(recorded.map((request) => request.requestId));
      missing = tally.answered.filter((request) => !ids.has(request.requestId)).map((request) => request.requestId);
      return missing.length === 0 && (await spooledBatches(signalbox)) === 0;
    },
    120_000,
    () => `${missing.length} answered requests were not recorded, such as ${missing.slice(0, 3).join(', ')}`,
  );
  return recordedRequests(signalbox);
}

async function spooledBatches(signalbox: SignalboxProcess): Promise<number> {
  const metrics = await (await fetch(`${signalbox.url}/metrics`)).text();
  const line = /^signalbox_spool_batches(?:\{[^}]*\})? (\d+)/m.exec(metrics);
  if (!line) throw new Error('/metrics has no signalbox_spool_batches');
  return Number(line[1]);
}

/** The books balance: once each, with the client's own figures, and loads that add up exactly. */
async function expectBalancedBooks(signalbox: SignalboxProcess, tally: LoadTally): Promise<void> {
  // Requests that were broken off may be written still; both are of one state where the usage is the same before and after.
  let recorded: RecordedRequest[] = [];
  let usage = await usageTotals(signalbox);
  await until(async () => {
    const before = usage;
    recorded = await settled(signalbox, tally);
    usage = await usageTotals(signalbox);
    return JSON.stringify(usage) === JSON.stringify(before);
  }, 240_000, () => 'requests are still being written');
  const byId = new Map(recorded.map((request) => [request.requestId, request]));
  expect(byId.size, 'every request is recorded once').toBe(recorded.length);
  for (const answered of tally.answered) {
    expect(byId.get(answered.requestId)).toMatchObject({ status: 'answered', promptTokens: answered.promptTokens, completionTokens: answered.completionTokens });
  }
  const routedTokens = recorded.reduce((sum, request) => sum + request.routedTokens, 0);
  expect(usage.layers.length).toBe(4);
  for (const layer of usage.layers) {
    expect(layer.tokens, 'tokens of the roll-up are the tokens of the traces').toBe(routedTokens);
    expect(layer.loadSum, 'load = tokens x top-k').toBe(routedTokens * usage.topK);
  }
}

describe.each(['postgres', 'redis'] as const)('accounting with the queue in %s', (queue) => {
  let home = '';
  let redis: RedisServer | null = null;
  let signalbox: SignalboxProcess;

  beforeEach(async (context) => {
    if (queue === 'redis' && !redisInstalled()) context.skip('redis-server is not installed');
    home = newTemporaryHome('signalbox-accounting-');
    redis = queue === 'redis' ? await RedisServer.start(home) : null;
    // On a full machine an expert can be taken out for slowness; its tokens then go to fewer experts, and loads are no multiple of tokens.
    signalbox = new SignalboxProcess(home, await freePort(), { SIGNALBOX_EXPERT_SLOW_FACTOR: '0', ...(redis ? { REDIS_URL: redis.url } : {}) });
    await signalbox.start();
  });

  afterEach(async () => {
    await signalbox?.stop();
    await redis?.stop();
    if (home) rmSync(home, { recursive: true, force: true });
  });

  it('adds up exactly over 500 mixed requests with random aborts', async () => {
    const tally = emptyTally();
    await runMixedLoad({ url: signalbox.url, requests: 500, parallel: 12, abortShare: 0.25, random: seededRandom(1) }, tally);
    expect(tally.broken).toBe(0);
    expect(tally.answered.length).toBeGreaterThan(300);
    expect(tally.aborted).toBeGreaterThan(20);
    await expectBalancedBooks(signalbox, tally);
  });

  it(`adds up exactly after ${KILLS} processes were killed at random moments`, async () => {
    const tally = emptyTally();
    const random = seededRandom(2);
    // Draws of its own: how often the load draws in between is of the moment, and with other draws all kills can be of two kinds.
    const draw = seededRandom(3);
    const kills: string[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      let enough = false;
      const answeredBefore = tally.answered.length;
      const afterAnswers = 3 + Math.floor(draw() * 12);
      const load = runMixedLoad({ url: signalbox.url, requests: Number.POSITIVE_INFINITY, parallel: 8, abortShare: 0.15, random }, tally, () => enough);
      try {
        await until(
          () => tally.answered.length >= answeredBefore + afterAnswers || signalbox.hasEnded,
          120_000,
          () => `${tally.answered.length - answeredBefore} answers, ${tally.refused} refusals and ${tally.broken} broken connections after ${kills.join(', ')}:\n${signalbox.lastWords}`,
        );
        if (signalbox.hasEnded) throw new Error(`Signalbox ended by itself after ${kills.join(', ')}:\n${signalbox.lastWords}`);
      } catch (error) {
        enough = true;
        throw error;
      }
      const victim = (['main', 'pipeline', 'postgres', ...(redis ? (['redis'] as const) : [])] as const)[Math.floor(draw() * (redis ? 4 : 3))] ?? 'main';
      kills.push(victim);
      if (victim === 'main') {
        await signalbox.kill();
        enough = true;
        await load;
        await signalbox.start();
        continue;
      }
      if (victim === 'pipeline') for (const pid of signalbox.childrenMatching('pipeline')) process.kill(pid, 'SIGKILL');
      if (victim === 'postgres') await until(() => killPostgres(home), 120_000, () => `no PostgreSQL to kill:\n${signalbox.lastWords}`);
      if (victim === 'redis') await redis?.killAndRestart();
      enough = true;
      await load;
      await until(
        async () => (await fetch(`${signalbox.url}/readyz`).catch(() => null))?.ok === true,
        120_000,
        () => `not ready again after killing ${victim}:\n${signalbox.lastWords}`,
      );
    }
    expect(new Set(kills).size).toBeGreaterThan(2);
    await expectBalancedBooks(signalbox, tally);
  }, KILLS_LIMIT_MS);
});
