import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '#libs/platform/postgres/embedded-postgres';
import { withHome } from '../harness/home.ts';
import { describeMachine } from '../harness/machine.ts';
import { option } from '../harness/options.ts';
import { productCpu } from '../harness/process-tree.ts';
import { startSignalbox } from '../harness/signalbox.ts';
import { type FeedOrder, type FeedReport } from './feeder.ts';

const PORT = 7197;
/** Until the pipeline has taken the last batch. */
const SETTLE_MS = 4_500;
const PARTS = ['feeder', 'pipeline', 'watch', 'postgres'] as const;
type Cpu = Record<(typeof PARTS)[number], number>;

/**
 * What capture costs by itself: traces at an even pace into a Signalbox that answers nothing, against the
 * same time without, in turn. The engine, whose time differs by more than capture takes, is not in it.
 */
async function main(home: string): Promise<void> {
  const rate = Number(option('rate', '15'));
  const milliseconds = Number(option('seconds', '30')) * 1_000;
  const rounds = Number(option('rounds', '4'));
  console.log(describeMachine());
  console.log(`${rate} requests of 127 rows a second, ${milliseconds / 1_000} s with and without in turn, ${rounds} rounds after one to warm up`);
  const postgres = await startEmbeddedPostgres({ home: join(home, 'database'), log: () => undefined });
  const server = await startSignalbox('replayed', PORT, home, { DATABASE_URL: postgres.url });
  const feeder = fork(join(import.meta.dirname, 'feeder.js'), [join(home, 'replayed'), postgres.url]);
  const { place } = JSON.parse(readFileSync(join(home, 'database', 'postgres', 'launch.json'), 'utf8')) as { place: string };
  const postmaster = Number(readFileSync(join(place, 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);
  const measure = async (requests: number): Promise<Cpu> => {
    const before = productCpu(server.process.pid, postmaster);
    const { cpuMs } = await tell(feeder, { requests, milliseconds });
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    const after = productCpu(server.process.pid, postmaster);
    return { feeder: cpuMs, pipeline: after.pipeline - before.pipeline, watch: after.watch - before.watch, postgres: after.postgres - before.postgres };
  };
  try {
    await once(feeder, 'message');
    const requests = Math.round((rate * milliseconds) / 1_000);
    const idle: Cpu[] = [];
    const fed: Cpu[] = [];
    for (let round = -1; round < rounds; round++) {
      const without = await measure(0);
      const withThem = await measure(requests);
      if (round < 0) continue;
      idle.push(without);
      fed.push(withThem);
    }
    const total = (all: readonly Cpu[], part: keyof Cpu) => all.reduce((sum, cpu) => sum + cpu[part], 0);
    const perRequest = (part: keyof Cpu) => ((total(fed, part) - total(idle, part)) / (rounds * requests)) * 1_000;
    for (const part of PARTS) console.log(`${part.padEnd(9)} ${perRequest(part).toFixed(0).padStart(6)} us a request; idle ${((total(idle, part) / (rounds * (milliseconds + SETTLE_MS))) * 1_000).toFixed(1)} ms a second`);
    console.log(`together  ${PARTS.reduce((sum, part) => sum + perRequest(part), 0).toFixed(0).padStart(6)} us a request`);
  } finally {
    feeder.disconnect();
    await once(feeder, 'exit');
    await server.process.stop();
    await postgres.stop();
  }
}

async function tell(feeder: ChildProcess, order: FeedOrder): Promise<FeedReport> {
  feeder.send(order);
  const [report] = (await once(feeder, 'message')) as [FeedReport];
  return report;
}

await withHome(main);
