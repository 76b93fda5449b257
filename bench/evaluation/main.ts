import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LoadResult, runLoad } from '../harness/completion-load.ts';
import { withHome } from '../harness/home.ts';
import { describeMachine } from '../harness/machine.ts';
import { option } from '../harness/options.ts';
import { DEMO_VOCAB_SIZE, ROOT, startSignalbox } from '../harness/signalbox.ts';
import { format, quantile, summarise } from '../harness/summary.ts';
import { Evaluations } from './management.ts';

const PORT = 7197;
const CHARACTERS = 1200;
/** Enough that no run ends within its round. */
const TEXTS = 4000;

const p50 = (result: LoadResult): number => quantile(result.requestMs, 0.5);
const p99 = (result: LoadResult): number => quantile(result.requestMs, 0.99);
const first99 = (result: LoadResult): number => quantile(result.timeToFirstTokenMs, 0.99);
const throughput = (result: LoadResult): number => ((result.promptTokens + result.completionTokens) / result.wallMs) * 1000;

/** Texts that no other round has, so that every step has to be measured. */
function textsOf(source: string, round: number): string[] {
  const step = Math.max(1, Math.floor((source.length - CHARACTERS) / TEXTS));
  return Array.from({ length: TEXTS }, (_, at) => `${round} ${at} ${source.slice(at * step, at * step + CHARACTERS)}`);
}

/** What an evaluation run costs those who are served meanwhile: the same load with and without one, in turn; then the run alone. */
async function main(home: string): Promise<void> {
  const rounds = Number(option('rounds', '12'));
  const load = { requests: Number(option('requests', '96')), parallel: Number(option('parallel', '4')), promptTokens: 64, maxTokens: 64, vocabSize: DEMO_VOCAB_SIZE };
  const aloneMs = Number(option('alone-seconds', '20')) * 1000;
  console.log(describeMachine());
  console.log(`${load.requests} requests, ${load.parallel} at a time, ${load.promptTokens} + ${load.maxTokens} tokens, ${rounds} rounds in turn`);
  const source = readFileSync(join(ROOT, 'docs', 'operations.md'), 'utf8').repeat(8);
  const signalbox = await startSignalbox('evaluation', PORT, home, { SIGNALBOX_MIN_REQUESTS: '1', SIGNALBOX_API_RATE: '1000000' });
  const evaluations = new Evaluations(signalbox.url, signalbox.key);
  const quiet: LoadResult[] = [];
  const again: LoadResult[] = [];
  const beside: (LoadResult & { readonly rowsPerSecond: number })[] = [];
  let alone = Number.NaN;
  try {
    const candidate = await evaluations.release();
    const besideRun = async (round: number, work: () => Promise<LoadResult>): Promise<LoadResult & { readonly rowsPerSecond: number }> => {
      const run = await evaluations.start(candidate, await evaluations.suite(`round ${round}`, textsOf(source, round)));
      try {
        const before = await evaluations.until(run, ({ progress }) => progress.stepsDone >= 1);
        const result = await work();
        const after = await evaluations.find(run);
        if (after.state !== 'running') throw new Error('the run ended before the round did: give fewer requests');
        return { ...result, rowsPerSecond: ((after.progress.rows - before.progress.rows) / result.wallMs) * 1000 };
      } finally {
        await evaluations.cancel(run).catch(() => undefined);
      }
    };
    for (let round = -1; round < rounds; round += 1) {
      const answer = (): Promise<LoadResult> => runLoad(signalbox.target, { ...load, seed: round + 2 });
      // Two alike: how far they differ is what the comparison cannot resolve. Who goes first changes, so that a drift falls on all.
      const turns = [
        async () => quiet.push(await answer()),
        async () => again.push(await answer()),
        async () => beside.push(await besideRun(round, answer)),
      ];
      for (let turn = 0; turn < turns.length; turn += 1) await turns[(turn + round + 1) % turns.length]!();
    }
    for (const results of [quiet, again, beside]) results.shift();
    const idle = async (): Promise<LoadResult> => {
      const startedMs = performance.now();
      await new Promise((resolve) => setTimeout(resolve, aloneMs));
      return { wallMs: performance.now() - startedMs, promptTokens: 0, completionTokens: 0, timeToFirstTokenMs: [], requestMs: [] };
    };
    alone = (await besideRun(rounds, idle)).rowsPerSecond;
  } finally {
    await signalbox.process.stop();
  }
  for (const [name, results] of [['without a run', quiet], ['without, again', again], ['with a run', beside]] as const) {
    const ratio = (figure: (result: LoadResult) => number): string => format(summarise(results.map((result, round) => figure(result) / figure(quiet[round]!))), 3);
    console.log(`\n${name}`);
    console.log(`  throughput  ${format(summarise(results.map(throughput)))} tokens/s`);
    console.log(`  p50, p99    ${format(summarise(results.map(p50)), 1)}, ${format(summarise(results.map(p99)), 1)} ms; p99 of the first token ${format(summarise(results.map(first99)), 1)} ms`);
    if (results !== quiet) console.log(`  against without, by round: throughput ${ratio(throughput)}, p50 ${ratio(p50)}, p99 ${ratio(p99)}, p99 of the first token ${ratio(first99)}`);
  }
  console.log(`\nthe run      ${format(summarise(beside.map(({ rowsPerSecond }) => rowsPerSecond)))} rows/s beside the load, ${alone.toFixed(0)} rows/s alone`);
}

await withHome(main);
