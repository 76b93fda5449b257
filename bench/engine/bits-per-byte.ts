import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEMO_MODEL, DEMO_VOCAB_SIZE } from '../harness/signalbox.ts';
import { EngineUnderTest } from './in-process.ts';
import { startPeer } from './through-http.ts';
import { type Contest } from './without-http.ts';

const PEER_URL = 'http://127.0.0.1:7192/completion';

interface GoldenPrompt {
  readonly text: string;
  readonly input_ids: readonly number[];
}

/**
 * Bits per byte that each side needs for the golden prompts, told every token: the quality of what is
 * timed. Few and short texts: it tells a broken side or a coarse precision, not one good model from another.
 */
export async function compareBitsPerByte(contest: Contest): Promise<void> {
  const { prompts } = JSON.parse(readFileSync(join(DEMO_MODEL, 'golden', 'golden.json'), 'utf8')) as { prompts: readonly GoldenPrompt[] };
  const bytes = prompts.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  const bits = (nats: number) => (-nats / Math.LN2 / bytes).toFixed(4);
  const engine = await EngineUnderTest.start({ ...contest, home: join(contest.home, 'engine') });
  let ours = 0;
  for (const { input_ids: ids } of prompts) ours += await engine.logProbability(ids);
  await engine.close();
  const server = await startPeer(contest, 1);
  let peer = 0;
  for (const { input_ids: ids } of prompts) for (let at = 1; at < ids.length; at++) peer += await peerLogProbability(ids.slice(0, at), ids[at]!);
  await server.stop();
  console.log(`\nbits per byte of the golden prompts, ${bytes} bytes: signalbox ${bits(ours)}, llama.cpp ${bits(peer)}`);
}

async function peerLogProbability(prompt: readonly number[], token: number): Promise<number> {
  const body = { prompt, n_predict: 1, n_probs: DEMO_VOCAB_SIZE, temperature: 0, cache_prompt: true };
  const answer = await fetch(PEER_URL, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`llama-server answered ${answer.status}: ${await answer.text()}`);
  const { completion_probabilities: positions } = (await answer.json()) as { completion_probabilities: { top_logprobs: { id: number; logprob: number }[] }[] };
  const found = positions[0]?.top_logprobs.find(({ id }) => id === token);
  if (!found) throw new Error(`llama-server gives no probability for token ${token}`);
  return found.logprob;
}
