import { join } from 'node:path';
import { type Load, type LoadResult, runLoad, type Target } from '../harness/completion-load.ts';
import { startServer, type ServerProcess } from '../harness/server-process.ts';
import { DEMO_VOCAB_SIZE } from '../harness/signalbox.ts';
import { format, quantile, summarise } from '../harness/summary.ts';
import { sameAnswers } from './same-answers.ts';
import { servedModel } from './served-model.ts';
import { type Contest } from './without-http.ts';

const PEER_PORT = 7192;

interface Case {
  readonly name: string;
  readonly load: Omit<Load, 'seed'>;
  readonly tokens: (result: LoadResult) => number;
}

function cases(large: boolean): readonly Case[] {
  const vocabSize = DEMO_VOCAB_SIZE;
  const decoded = large ? 32 : 128;
  const prompt = ({ promptTokens }: LoadResult) => promptTokens;
  const completion = ({ completionTokens }: LoadResult) => completionTokens;
  return [
    { name: 'prefill 256, 1 at a time', load: { requests: large ? 6 : 24, parallel: 1, promptTokens: 256, maxTokens: 1, vocabSize }, tokens: prompt },
    { name: `decode ${decoded}, 1 at a time`, load: { requests: large ? 3 : 6, parallel: 1, promptTokens: 16, maxTokens: decoded, vocabSize }, tokens: completion },
    { name: `decode ${decoded}, 16 at a time`, load: { requests: large ? 32 : 48, parallel: 16, promptTokens: 16, maxTokens: decoded, vocabSize }, tokens: completion },
  ];
}

/** Both servers under the same streaming requests, in rounds taken in turn after one that does not count. */
export async function compareThroughHttp(contest: Contest): Promise<void> {
  const { model, precision } = contest;
  const ours = await servedModel(contest);
  const peer: Target = { name: 'llama-server', port: PEER_PORT, model: model.name, key: null, extra: { ignore_eos: true, cache_prompt: false } };
  try {
    for (const [index, one] of cases(model.name === 'shape-m').entries()) {
      const server = await startPeer(contest, one.load.parallel);
      try {
        if (index === 0 && model.trained && precision === 'f32') {
          const { prompts, equal, reference } = await sameAnswers(ours.target, peer);
          console.log(`\ngreedy continuations of the golden prompts: ${equal} of ${prompts} equal on both sides, ${reference} equal to the reference`);
        }
        await compareCase(one, ours.target, peer, index, contest.rounds);
      } finally {
        await server.stop();
      }
    }
  } finally {
    await ours.process.stop();
  }
}

/** llama-server with as many slots as there are parallel requests. */
export function startPeer({ binaries, home, gguf, threads }: Contest, slots: number): Promise<ServerProcess> {
  return startServer({
    command: join(binaries, 'llama-server'),
    args: ['-m', gguf, '--host', '127.0.0.1', '--port', String(PEER_PORT), '-t', String(threads), '-np', String(slots), '-c', String(slots * 1024), '--no-webui'],
    readyUrl: `http://127.0.0.1:${PEER_PORT}/health`,
    logFile: join(home, 'llama-server.log'),
    readyTimeoutMs: 120_000,
  });
}

async function compareCase({ name, load, tokens }: Case, ours: Target, peer: Target, index: number, rounds: number): Promise<void> {
  const rate = (result: LoadResult) => (tokens(result) / result.wallMs) * 1e3;
  const first = (result: LoadResult) => quantile(result.timeToFirstTokenMs, 0.5);
  const mine: LoadResult[] = [];
  const theirs: LoadResult[] = [];
  for (let round = -1; round < rounds; round++) {
    const seed = 1_000 * index + round + 1;
    const [own, other] = [await runLoad(ours, { ...load, seed }), await runLoad(peer, { ...load, seed })];
    if (round < 0) continue;
    mine.push(own);
    theirs.push(other);
  }
  console.log(`\n${name}`);
  console.log(`  signalbox     ${format(summarise(mine.map(rate)))} tokens/s, first token ${format(summarise(mine.map(first)), 1)} ms`);
  console.log(`  llama-server  ${format(summarise(theirs.map(rate)))} tokens/s, first token ${format(summarise(theirs.map(first)), 1)} ms`);
  console.log(`  ratio         ${format(summarise(mine.map((result, round) => rate(result) / rate(theirs[round]!))), 2)}`);
}
