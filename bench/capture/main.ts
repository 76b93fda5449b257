import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LoadResult, runLoad } from '../harness/completion-load.ts';
import { describeMachine } from '../harness/machine.ts';
import { option } from '../harness/options.ts';
import { DEMO_VOCAB_SIZE, startSignalbox } from '../harness/signalbox.ts';
import { format, quantile, summarise } from '../harness/summary.ts';

const LOAD = { requests: 160, parallel: 16, promptTokens: 64, maxTokens: 64, vocabSize: DEMO_VOCAB_SIZE };

const throughput = (result: LoadResult) => ((result.promptTokens + result.completionTokens) / result.wallMs) * 1_000;
const p99 = (result: LoadResult) => quantile(result.requestMs, 0.99);

/** What full capture costs: two servers, alike but for SIGNALBOX_CAPTURE, loaded in turn. */
async function main(): Promise<void> {
  const rounds = Number(option('rounds', '7'));
  const home = mkdtempSync(join(tmpdir(), 'signalbox-bench-'));
  console.log(describeMachine());
  console.log(`${LOAD.requests} requests, ${LOAD.parallel} at a time, ${LOAD.promptTokens} + ${LOAD.maxTokens} tokens, ${rounds} rounds in turn`);
  const full = await startSignalbox('full', 7193, home, { SIGNALBOX_CAPTURE: 'full' });
  const off = await startSignalbox('off', 7194, home, { SIGNALBOX_CAPTURE: 'off' });
  try {
    const figures = { full: [] as LoadResult[], off: [] as LoadResult[] };
    for (let round = -1; round < rounds; round++) {
      const load = { ...LOAD, seed: round + 2 };
      // Which goes first alternates, so that a drift of the machine falls on both.
      const first = round % 2 === 0 ? full : off;
      const second = first === full ? off : full;
      const results = new Map([[first, await runLoad(first.target, load)], [second, await runLoad(second.target, load)]]);
      const ofFull = results.get(full);
      const ofOff = results.get(off);
      if (round < 0 || !ofFull || !ofOff) continue;
      figures.full.push(ofFull);
      figures.off.push(ofOff);
    }
    const ratio = (figure: (result: LoadResult) => number) =>
      summarise(figures.full.map((result, round) => figure(result) / figure(figures.off[round] ?? result)));
    console.log(`capture full  ${format(summarise(figures.full.map(throughput)))} tokens/s, p99 ${format(summarise(figures.full.map(p99)), 1)} ms`);
    console.log(`capture off   ${format(summarise(figures.off.map(throughput)))} tokens/s, p99 ${format(summarise(figures.off.map(p99)), 1)} ms`);
    console.log(`ratio         throughput ${format(ratio(throughput), 3)}, p99 ${format(ratio(p99), 3)}`);
  } finally {
    await Promise.all([full.process.stop(), off.process.stop()]);
  }
}

await main();
