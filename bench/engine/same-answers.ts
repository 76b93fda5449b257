import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Target } from '../harness/completion-load.ts';
import { DEMO_MODEL } from '../harness/signalbox.ts';

const ANSWER_TOKENS = 32;

interface GoldenPrompt {
  readonly input_ids: readonly number[];
  readonly greedy_text: string;
}

async function greedyText(target: Target, prompt: readonly number[]): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${target.port}/v1/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(target.key ? { authorization: `Bearer ${target.key}` } : {}) },
    body: JSON.stringify({ ...target.extra, ignore_eos: false, model: target.model, prompt, max_tokens: ANSWER_TOKENS, temperature: 0 }),
  });
  if (!response.ok) throw new Error(`${target.name} answered ${response.status}: ${await response.text()}`);
  const { choices } = (await response.json()) as { choices: { text: string }[] };
  return choices[0]?.text ?? '';
}

/** How many golden prompts both servers continue greedily with the same text, and with the reference's. */
export async function sameAnswers(ours: Target, peer: Target): Promise<{ prompts: number; equal: number; reference: number }> {
  const { prompts } = JSON.parse(readFileSync(join(DEMO_MODEL, 'golden', 'golden.json'), 'utf8')) as { prompts: GoldenPrompt[] };
  let equal = 0;
  let reference = 0;
  for (const { input_ids: ids, greedy_text: expected } of prompts) {
    const [mine, theirs] = [await greedyText(ours, ids), await greedyText(peer, ids)];
    if (mine === theirs) equal++;
    if (mine === expected) reference++;
  }
  return { prompts: prompts.length, equal, reference };
}
