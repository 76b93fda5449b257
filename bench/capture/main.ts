import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LoadResult, runLoad } from '../harness/completion-load.ts';
import { withHome } from '../harness/home.ts';
import { describeMachine } from '../harness/machine.ts';
import { option } from '../harness/options.ts';
import { productCpu, type ProductCpu } from '../harness/process-tree.ts';
import { DEMO_VOCAB_SIZE, type SignalboxUnderTest, startSignalbox } from '../harness/signalbox.ts';
import { format, quantile, summarise } from '../harness/summary.ts';

const FIRST_PORT = 7193;
/** Longer than the pipeline waits for a batch to fill. */
const SETTLE_MS = 4_500;
const LOAD = { parallel: 16, promptTokens: 64, maxTokens: 64, vocabSize: DEMO_VOCAB_SIZE };
const SERVERS = [
  { name: 'capture full', capture: 'full' },
  { name: 'capture off', capture: 'off' },
  // Alike to the one before: how far two equal servers differ is what the comparison cannot resolve.
  { name: 'off again', capture: 'off' },
] as const;

const PARTS = ['engine', 'server', 'pipeline', 'watch', 'postgres', 'other'] as const;

/** A round's load, and the processor time that the parts of the product took meanwhile. */
interface Round extends LoadResult {
  readonly cpu: ProductCpu;
}

const cpuMs = ({ cpu }: Round) => PARTS.reduce((sum, part) => sum + cpu[part], 0);
const cpuPerToken = (round: Round) => (cpuMs(round) / (round.promptTokens + round.completionTokens)) * 1_000;
/** Microseconds a token, over all rounds. */
const partPerToken = (rounds: readonly Round[], part: keyof ProductCpu) =>
  (rounds.reduce((sum, { cpu }) => sum + cpu[part], 0) / rounds.reduce((sum, { promptTokens, completionTokens }) => sum + promptTokens + completionTokens, 0)) * 1_000;
const throughput = (result: LoadResult) => ((result.promptTokens + result.completionTokens) / result.wallMs) * 1_000;
const p99 = (result: LoadResult) => quantile(result.requestMs, 0.99);

/** What full capture costs: servers alike but for SIGNALBOX_CAPTURE, loaded in turn. */
async function main(home: string): Promise<void> {
  const rounds = Number(option('rounds', '24'));
  const requests = Number(option('requests', '96'));
  console.log(describeMachine());
  console.log(`${requests} requests, ${LOAD.parallel} at a time, ${LOAD.promptTokens} + ${LOAD.maxTokens} tokens, ${rounds} rounds in turn`);
  const servers: SignalboxUnderTest[] = [];
  const results: Round[][] = SERVERS.map(() => []);
  try {
    for (const [index, { name, capture }] of SERVERS.entries()) {
      servers.push(await startSignalbox(name.replaceAll(' ', '-'), FIRST_PORT + index, home, { SIGNALBOX_CAPTURE: capture }));
    }
    for (let round = -1; round < rounds; round++) {
      for (let turn = 0; turn < servers.length; turn++) {
        // Who goes first changes, so that a drift of the machine falls on all.
        const index = (turn + round + 1) % servers.length;
        const server = servers[index];
        if (!server) continue;
        const before = cpuOf(server, home);
        const result = await runLoad(server.target, { ...LOAD, requests, seed: round + 2 });
        // What the pipeline does with the traces afterwards is capture's too.
        await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
        if (round >= 0) results[index]?.push({ ...result, cpu: difference(cpuOf(server, home), before) });
      }
    }
  } finally {
    await Promise.all(servers.map((server) => server.process.stop()));
  }
  const [, off = []] = results;
  for (const [index, { name }] of SERVERS.entries()) {
    const mine = results[index] ?? [];
    const ratio = (figure: (round: Round) => number) => summarise(mine.map((result, round) => figure(result) / figure(off[round] ?? result)));
    const totalCpu = (runs: readonly Round[]) => runs.reduce((sum, run) => sum + cpuMs(run), 0);
    const totalMs = (runs: readonly LoadResult[]) => runs.reduce((sum, { wallMs }) => sum + wallMs, 0);
    console.log(`\n${name}`);
    console.log(`  throughput  ${format(summarise(mine.map(throughput)))} tokens/s`);
    console.log(`  p99         ${format(summarise(mine.map(p99)), 1)} ms`);
    console.log(`  cpu         ${format(summarise(mine.map(cpuPerToken)), 1)} us per token, of all processes`);
    console.log(`  by part     ${PARTS.map((part) => `${part} ${partPerToken(mine, part).toFixed(1)}`).join(', ')} us per token, over all rounds`);
    if (index !== 1) console.log(`  against capture off, by round: throughput ${format(ratio(throughput), 3)}, p99 ${format(ratio(p99), 3)}, cpu ${format(ratio(cpuPerToken), 3)}; over all rounds: throughput ${(totalMs(off) / totalMs(mine)).toFixed(3)}, cpu ${(totalCpu(mine) / totalCpu(off)).toFixed(3)}`);
  }
}

function cpuOf({ target, process: server }: SignalboxUnderTest, home: string): ProductCpu {
  const { place } = JSON.parse(readFileSync(join(home, target.name, 'postgres', 'launch.json'), 'utf8')) as { place: string };
  return productCpu(server.pid, Number(readFileSync(join(place, 'data', 'postmaster.pid'), 'utf8').split('\n')[0]));
}

function difference(now: ProductCpu, before: ProductCpu): ProductCpu {
  return { engine: now.engine - before.engine, server: now.server - before.server, pipeline: now.pipeline - before.pipeline, watch: now.watch - before.watch, postgres: now.postgres - before.postgres, other: now.other - before.other };
}

await withHome(main);
