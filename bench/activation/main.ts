import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '#libs/platform/postgres/embedded-postgres';
import { withHome } from '../harness/home.ts';
import { describeMachine } from '../harness/machine.ts';
import { option } from '../harness/options.ts';
import { DEMO_MODEL, DEMO_VOCAB_SIZE, ROOT } from '../harness/signalbox.ts';
import { format, quantile, summarise } from '../harness/summary.ts';
import { changeCheckpoint, isExpert, isRouter } from './changed-checkpoint.ts';
import { type ChangingLoad, changeUnderLoad, lastOnLeft } from './changing-load.ts';
import { type Expectations, expectedAnswers, type LoadSettings, makePrompts, sendLoad, type Sent, tellApart } from './checked-load.ts';
import { startCluster } from './cluster.ts';
import { type Command, commandCycle, Operator } from './operator.ts';

const FIRST_PORT = 7201;
const MODEL = 'tiny-mixtral';

const settings = {
  rounds: Number(option('rounds', '5')),
  requests: Number(option('requests', '1000')),
  commands: Number(option('commands', '11')),
  parallel: Number(option('parallel', '8')),
  pauseMs: Number(option('pause-ms', '0')),
  promptTokens: Number(option('prompt-tokens', '32')),
  maxTokens: Number(option('max-tokens', '16')),
  prompts: Number(option('prompts', '64')),
};

const p99 = (sent: readonly Sent[]): number => quantile(sent.map(({ sentMs, endMs }) => endMs - sentMs), 0.99);

/** The releases of the benchmark, imported and asked one by one for what they answer. */
async function prepare(operator: Operator, load: LoadSettings, home: string): Promise<{ readonly expectations: Expectations; readonly cycle: readonly Command[] }> {
  const base = await operator.import(DEMO_MODEL);
  const changed = async (name: string, isChanged: (tensor: string) => boolean): Promise<string> => {
    changeCheckpoint(DEMO_MODEL, join(home, name), isChanged);
    return operator.import(join(home, name));
  };
  const releases = {
    expert: await changed('expert', (tensor) => isExpert(tensor, 1, 3)),
    router: await changed('router', (tensor) => isRouter(tensor, 2)),
    otherExpert: await changed('other-expert', (tensor) => isExpert(tensor, 3, 0)),
  };
  const expectations: Expectations = new Map();
  // The base last: it serves when the load begins.
  for (const release of [...Object.values(releases), base]) {
    await operator.command({ type: 'activate', release });
    await operator.converged(load.urls.length);
    expectations.set(release, await expectedAnswers(load, release));
  }
  console.log(`${tellApart(expectations, load.prompts.length)} of ${load.prompts.length} prompts are answered differently by all ${expectations.size} releases`);
  return { expectations, cycle: commandCycle(releases) };
}

function report(quiet: readonly (readonly Sent[])[], changing: readonly ChangingLoad[]): boolean {
  const all = changing.flatMap(({ sent }) => sent);
  const failed = all.filter(({ failure }) => failure !== null);
  const mixed = all.filter(({ failure, isWhole }) => failure === null && !isWhole);
  const disturbed = quiet.flat().filter(({ isWhole }) => !isWhole);
  console.log(`\n${all.length} requests across ${changing.reduce((sum, { commands }) => sum + commands, 0)} commands, on two inference processes`);
  console.log(`  failed                          ${failed.length}`);
  console.log(`  not whole by one release        ${mixed.length}`);
  console.log(`  failed or not whole, quiet run  ${disturbed.length}`);
  for (const { failure } of failed.slice(0, 5)) console.log(`    ${failure}`);
  console.log(`  p99 quiet                       ${format(summarise(quiet.map(p99)), 1)} ms`);
  console.log(`  p99 with commands               ${format(summarise(changing.map(({ sent }) => p99(sent))), 1)} ms`);
  console.log(`  p99 with commands / quiet       ${format(summarise(changing.map(({ sent }, round) => p99(sent) / p99(quiet[round] ?? sent))), 3)}`);
  const converged = changing.flatMap(({ convergedMs }) => convergedMs);
  console.log(`  call to both processes settled  p50 ${quantile(converged, 0.5).toFixed(1)} ms, p99 ${quantile(converged, 0.99).toFixed(1)} ms`);
  const answered = changing.flatMap(({ waysBack }) => waysBack.map(({ calledMs, answeredMs }) => answeredMs - calledMs));
  const left = changing.flatMap(({ sent, waysBack }) => lastOnLeft(sent, waysBack));
  const of = (name: string, values: readonly number[]): void => console.log(`  ${name} p50 ${quantile(values, 0.5).toFixed(1)} ms, p99 ${quantile(values, 0.99).toFixed(1)} ms, of ${values.length} ways back`);
  of('way back: call answered        ', answered);
  of('way back: last one sent to it  ', left.map(({ lastSentMs }) => lastSentMs));
  of('way back: last one still ran   ', left.map(({ lastEndedMs }) => lastEndedMs));
  return failed.length + mixed.length + disturbed.length === 0;
}

/** Requests under load across activations, expert swaps, canaries and ways back, against the same load without any. */
async function main(home: string): Promise<void> {
  console.log(describeMachine());
  mkdirSync(join(home, 'database'), { recursive: true });
  const postgres = await startEmbeddedPostgres({ home: join(home, 'database'), log: () => undefined });
  const key = `bench-${randomBytes(24).toString('hex')}`;
  try {
    mkdirSync(join(home, 'cluster'), { recursive: true });
    const cluster = await startCluster({
      root: ROOT,
      node: process.execPath,
      home: join(home, 'cluster'),
      databaseUrl: postgres.url,
      key,
      controlPort: FIRST_PORT,
      inferencePorts: [FIRST_PORT + 1, FIRST_PORT + 2],
      pipelinePort: FIRST_PORT + 3,
      environment: {},
    });
    try {
      const operator = new Operator(cluster.controlUrl, key, MODEL);
      const load: LoadSettings = { urls: cluster.inferenceUrls, key, model: MODEL, prompts: makePrompts(settings.prompts, settings.promptTokens, DEMO_VOCAB_SIZE), maxTokens: settings.maxTokens, parallel: settings.parallel, pauseMs: settings.pauseMs };
      console.log(`${settings.requests} requests a round, ${load.parallel} at a time, ${load.pauseMs} ms between answer and next request, ${settings.promptTokens} + ${load.maxTokens} tokens, ${settings.commands} commands a round, ${settings.rounds} rounds, each beside a quiet one`);
      const { expectations, cycle } = await prepare(operator, load, home);
      const quiet: (readonly Sent[])[] = [];
      const changing: ChangingLoad[] = [];
      const commands = Array.from({ length: settings.commands }, (_, at) => cycle[at % cycle.length]).filter((command) => command !== undefined);
      await sendLoad(load, expectations, settings.requests / 4);
      for (let round = 0; round < settings.rounds; round++) {
        // Who goes first changes, so that a drift of the machine falls on both.
        for (const which of round % 2 === 0 ? ['quiet', 'changing'] : ['changing', 'quiet']) {
          if (which === 'quiet') quiet.push(await sendLoad(load, expectations, settings.requests));
          else changing.push(await changeUnderLoad(load, expectations, settings.requests, operator, commands));
        }
      }
      if (!report(quiet, changing)) process.exitCode = 1;
    } finally {
      await cluster.stop();
    }
  } finally {
    await postgres.stop();
  }
}

await withHome(main);
