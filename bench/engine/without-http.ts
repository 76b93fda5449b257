import { join } from 'node:path';
import { format, summarise } from '../harness/summary.ts';
import { type BenchModel } from './bench-models.ts';
import { EngineUnderTest, llamaBench } from './in-process.ts';
import { activeWeights, LimitProbe, type MachineLimit } from './machine-limit.ts';
import { type BenchPrecision, PRECISIONS } from './precision.ts';

export interface Contest {
  readonly binaries: string;
  readonly home: string;
  readonly model: BenchModel;
  readonly gguf: string;
  readonly precision: BenchPrecision;
  readonly threads: number;
  readonly rounds: number;
}

const PROMPT_TOKENS = 256;
const REPEATS = 3;
/** Of the share of the machine's limit that is hoped for. */
const LIMIT_TARGET = 0.85;

interface Round {
  readonly prefill: number;
  readonly decode: number;
  readonly peerPrefill: number;
  readonly peerDecode: number;
  readonly limit: MachineLimit;
}

/** Prefill and decode inside one process each, in turn, and beside them what the machine could do at most. */
export async function compareWithoutHttp(contest: Contest): Promise<void> {
  const { binaries, home, model, gguf, precision, threads } = contest;
  const decodeTokens = model.name === 'shape-m' ? 32 : 128;
  const engine = await EngineUnderTest.start({ home: join(home, 'engine'), model, precision, threads });
  const probe = await LimitProbe.open(threads);
  const rounds: Round[] = [];
  try {
    await engine.generate(PROMPT_TOKENS, decodeTokens);
    for (let round = 0; round < contest.rounds; round++) {
      const mine = [];
      for (let repeat = 0; repeat < REPEATS; repeat++) mine.push(await engine.generate(PROMPT_TOKENS, decodeTokens));
      const theirs = llamaBench(binaries, gguf, threads, decodeTokens);
      rounds.push({
        prefill: (PROMPT_TOKENS / summarise(mine.map(({ prefillMs }) => prefillMs)).median) * 1e3,
        // The first token comes with the prompt.
        decode: ((decodeTokens - 1) / summarise(mine.map(({ decodeMs }) => decodeMs)).median) * 1e3,
        peerPrefill: theirs.prefill,
        peerDecode: theirs.decode,
        limit: await probe.measure(),
      });
    }
    report(`prefill ${PROMPT_TOKENS}, without HTTP`, rounds.map(({ prefill }) => prefill), rounds.map(({ peerPrefill }) => peerPrefill));
    report(`decode ${decodeTokens}, without HTTP`, rounds.map(({ decode }) => decode), rounds.map(({ peerDecode }) => peerDecode));
    reportLimit(engine, rounds, PRECISIONS[precision].bytesPerWeight);
  } finally {
    await engine.close();
    await probe.close();
  }
}

function report(name: string, ours: readonly number[], peer: readonly number[]): void {
  console.log(`\n${name}`);
  console.log(`  signalbox     ${format(summarise(ours))} tokens/s`);
  console.log(`  llama-bench   ${format(summarise(peer))} tokens/s`);
  console.log(`  ratio         ${format(summarise(ours.map((value, round) => value / (peer[round] ?? Number.NaN))), 2)}`);
}

function reportLimit({ manifest }: EngineUnderTest, rounds: readonly Round[], bytesPerWeight: number): void {
  const weights = activeWeights(manifest.shape, manifest.routing.topK);
  const arithmetic = rounds.map(({ prefill, limit }) => (prefill * 2 * (weights.layers + weights.head / PROMPT_TOKENS)) / 1e9 / limit.gigaflops);
  const reading = rounds.map(({ decode, limit }) => (decode * (weights.layers + weights.head) * bytesPerWeight) / 1e9 / limit.gigabytesPerSecond);
  console.log(`\nshare of the machine's limit (target ${LIMIT_TARGET} on large shapes; products with weights alone are counted)`);
  console.log(`  limit         ${format(summarise(rounds.map(({ limit }) => limit.gigaflops)))} GFLOP/s in fp32, ${format(summarise(rounds.map(({ limit }) => limit.gigabytesPerSecond)), 1)} GB/s of weights`);
  console.log(`  prefill       ${format(summarise(arithmetic), 2)} of the arithmetic`);
  console.log(`  decode        ${format(summarise(reading), 2)} of the reading`);
}
