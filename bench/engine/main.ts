import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Load, type LoadResult, runLoad, type Target } from '../harness/completion-load.ts';
import { withHome } from '../harness/home.ts';
import { describeMachine } from '../harness/machine.ts';
import { option } from '../harness/options.ts';
import { startServer } from '../harness/server-process.ts';
import { DEMO_MODEL, DEMO_VOCAB_SIZE as VOCAB_SIZE, startSignalbox } from '../harness/signalbox.ts';
import { format, quantile, summarise } from '../harness/summary.ts';
import { checkpointToGguf } from './checkpoint-to-gguf.ts';
import { EngineUnderTest, llamaBench } from './in-process.ts';
import { sameAnswers } from './same-answers.ts';

const OURS_PORT = 7191;
const PEER_PORT = 7192;

interface Case {
  readonly name: string;
  readonly load: Omit<Load, 'seed'>;
  readonly tokensPerSecond: (result: LoadResult) => number;
}

const perSecond = (tokens: number, ms: number) => (tokens / ms) * 1_000;
const promptRate = (result: LoadResult) => perSecond(result.promptTokens, result.wallMs);
const completionRate = (result: LoadResult) => perSecond(result.completionTokens, result.wallMs);

const CASES: readonly Case[] = [
  { name: 'prefill 256, 1 at a time', load: { requests: 24, parallel: 1, promptTokens: 256, maxTokens: 1, vocabSize: VOCAB_SIZE }, tokensPerSecond: promptRate },
  { name: 'decode 128, 1 at a time', load: { requests: 6, parallel: 1, promptTokens: 16, maxTokens: 128, vocabSize: VOCAB_SIZE }, tokensPerSecond: completionRate },
  { name: 'decode 128, 16 at a time', load: { requests: 48, parallel: 16, promptTokens: 16, maxTokens: 128, vocabSize: VOCAB_SIZE }, tokensPerSecond: completionRate },
];

/** Prefill of 256 and decode of 128 tokens inside one process each, in turn. */
async function compareEngines(binaries: string, gguf: string, home: string, threads: number, rounds: number): Promise<void> {
  const engine = await EngineUnderTest.start(join(home, 'engine'), threads);
  const figures = { prefill: [] as number[], decode: [] as number[], peerPrefill: [] as number[], peerDecode: [] as number[] };
  try {
    await engine.generate(256, 128);
    for (let round = 0; round < rounds; round++) {
      const mine = [];
      for (let repeat = 0; repeat < 5; repeat++) mine.push(await engine.generate(256, 128));
      figures.prefill.push(perSecond(256, summarise(mine.map(({ prefillMs }) => prefillMs)).median));
      figures.decode.push(perSecond(127, summarise(mine.map(({ decodeMs }) => decodeMs)).median));
      const theirs = llamaBench(binaries, gguf, threads);
      figures.peerPrefill.push(theirs.prefill);
      figures.peerDecode.push(theirs.decode);
    }
  } finally {
    await engine.close();
  }
  const report = (name: string, ours: readonly number[], peer: readonly number[]) => {
    console.log(`\n${name}, without HTTP`);
    console.log(`  signalbox     ${format(summarise(ours))} tokens/s`);
    console.log(`  llama-bench   ${format(summarise(peer))} tokens/s`);
    console.log(`  ratio         ${format(summarise(ours.map((value, round) => value / (peer[round] ?? Number.NaN))), 2)}`);
  };
  report('prefill 256', figures.prefill, figures.peerPrefill);
  report('decode 128', figures.decode, figures.peerDecode);
}

async function main(home: string): Promise<void> {
  const binaries = process.env['LLAMA_CPP_BIN'];
  if (!binaries || !existsSync(join(binaries, 'llama-server'))) {
    throw new Error('Set LLAMA_CPP_BIN to a folder that holds llama-server (see bench/README.md).');
  }
  const rounds = Number(option('rounds', '5'));
  const threads = option('threads', '2');
  const gguf = join(home, 'tiny-mixtral-f32.gguf');
  await checkpointToGguf(DEMO_MODEL, gguf);

  console.log(describeMachine());
  console.log(`fp32 on both sides, ${threads} threads, ${rounds} rounds in turn`);

  await compareEngines(binaries, gguf, home, Number(threads), rounds);

  const peer: Target = { name: 'llama-server', port: PEER_PORT, model: 'tiny-mixtral', key: null, extra: { ignore_eos: true, cache_prompt: false } };
  const ours = await startSignalbox('signalbox', OURS_PORT, home, { SIGNALBOX_ENGINE_THREADS: threads });
  try {
    for (const [index, { name, load, tokensPerSecond }] of CASES.entries()) {
      const slots = load.parallel;
      const peerServer = await startServer({
        command: join(binaries, 'llama-server'),
        args: ['-m', gguf, '--host', '127.0.0.1', '--port', String(PEER_PORT), '-t', threads, '-np', String(slots), '-c', String(slots * 1024), '--no-webui'],
        readyUrl: `http://127.0.0.1:${PEER_PORT}/health`,
        logFile: join(home, 'llama-server.log'),
        readyTimeoutMs: 60_000,
      });
      try {
        if (index === 0) {
          const { prompts, equal, reference } = await sameAnswers(ours.target, peer);
          console.log(`\ngreedy continuations of the golden prompts: ${equal} of ${prompts} equal on both sides, ${reference} equal to the reference`);
        }
        const figures: { ours: number[]; peer: number[]; ratio: number[]; oursFirst: number[]; peerFirst: number[] } = { ours: [], peer: [], ratio: [], oursFirst: [], peerFirst: [] };
        for (let round = -1; round < rounds; round++) {
          const seed = 1_000 * index + round + 1;
          const mine = await runLoad(ours.target, { ...load, seed });
          const theirs = await runLoad(peer, { ...load, seed });
          if (round < 0) continue;
          figures.ours.push(tokensPerSecond(mine));
          figures.peer.push(tokensPerSecond(theirs));
          figures.ratio.push(tokensPerSecond(mine) / tokensPerSecond(theirs));
          figures.oursFirst.push(quantile(mine.timeToFirstTokenMs, 0.5));
          figures.peerFirst.push(quantile(theirs.timeToFirstTokenMs, 0.5));
        }
        console.log(`\n${name}`);
        console.log(`  signalbox     ${format(summarise(figures.ours))} tokens/s, first token ${format(summarise(figures.oursFirst), 1)} ms`);
        console.log(`  llama-server  ${format(summarise(figures.peer))} tokens/s, first token ${format(summarise(figures.peerFirst), 1)} ms`);
        console.log(`  ratio         ${format(summarise(figures.ratio), 2)}`);
      } finally {
        await peerServer.stop();
      }
    }
  } finally {
    await ours.process.stop();
  }
}

await withHome(main);
