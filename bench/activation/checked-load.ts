import { setTimeout as pause } from 'node:timers/promises';

/** What a release answers to one prompt: compared in full, so that a token of another release shows. */
interface Answer {
  readonly text: string;
  readonly tokenLogprobs: readonly (number | null)[];
}

/** One request as its sender saw it. */
export interface Sent {
  readonly sentMs: number;
  readonly endMs: number;
  /** From the answer's header; empty when there was none. */
  readonly release: string;
  /** Null when it was answered in full. */
  readonly failure: string | null;
  /** Whether the answer is, in full, what its release answers to this prompt. */
  readonly isWhole: boolean;
}

export interface LoadSettings {
  readonly urls: readonly string[];
  readonly key: string;
  readonly model: string;
  readonly prompts: readonly (readonly number[])[];
  readonly maxTokens: number;
  readonly parallel: number;
  /** Between an answer and the next request of the same lane: with 0 the machine is always full. */
  readonly pauseMs: number;
}

/** Answers by release id, then by prompt. */
export type Expectations = Map<string, readonly Answer[]>;

interface CompletionChoice {
  readonly text: string;
  readonly logprobs: { readonly token_logprobs: readonly (number | null)[] } | null;
}

/** Prompts of token ids by a small generator, the same in every run. */
export function makePrompts(count: number, tokens: number, vocabSize: number): number[][] {
  const FIRST_ORDINARY_TOKEN = 3;
  let state = 20_261_122;
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return FIRST_ORDINARY_TOKEN + ((state >>> 8) % (vocabSize - FIRST_ORDINARY_TOKEN));
  };
  return Array.from({ length: count }, () => Array.from({ length: tokens }, next));
}

/** What every process answers to every prompt while one release serves alone. @throws Error when two processes differ, or another release answers */
export async function expectedAnswers(settings: LoadSettings, release: string): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (const prompt of settings.prompts) {
    const seen = await Promise.all(settings.urls.map((url, at) => complete(settings, url, prompt, at % 2 === 0)));
    const [first] = seen;
    if (!first || seen.some((one) => one.release !== release)) throw new Error(`asked of release ${release}, another one answered`);
    if (seen.some((one) => !same(one.answer, first.answer))) throw new Error(`two processes answer differently with release ${release}`);
    answers.push(first.answer);
  }
  return answers;
}

/** Whether no two releases answer a prompt alike, so that an answer gives its release away. */
export function tellApart(expectations: Expectations, prompts: number): number {
  let apart = 0;
  for (let at = 0; at < prompts; at++) {
    const answers = [...expectations.values()].map((of) => JSON.stringify(of[at]));
    if (new Set(answers).size === answers.length) apart += 1;
  }
  return apart;
}

/** Sends requests, a fixed number at a time, in turn to all processes; half of them streamed. */
export async function sendLoad(settings: LoadSettings, expectations: Expectations, requests: number, onEnd: (done: number) => void = () => undefined): Promise<Sent[]> {
  const all: Sent[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < requests) {
      const index = next++;
      const url = settings.urls[index % settings.urls.length] ?? '';
      const at = index % settings.prompts.length;
      const sentMs = performance.now();
      try {
        const { release, answer } = await complete(settings, url, settings.prompts[at] ?? [], index % 4 < 2);
        const expected = expectations.get(release)?.[at];
        all.push({ sentMs, endMs: performance.now(), release, failure: null, isWhole: expected !== undefined && same(answer, expected) });
      } catch (error) {
        all.push({ sentMs, endMs: performance.now(), release: '', failure: error instanceof Error ? error.message : String(error), isWhole: false });
      }
      onEnd(all.length);
      if (settings.pauseMs > 0) await pause(settings.pauseMs);
    }
  };
  await Promise.all(Array.from({ length: settings.parallel }, worker));
  return all;
}

function same(a: Answer, b: Answer): boolean {
  return a.text === b.text && a.tokenLogprobs.length === b.tokenLogprobs.length && a.tokenLogprobs.every((value, at) => value === b.tokenLogprobs[at]);
}

async function complete({ key, model, maxTokens }: LoadSettings, url: string, prompt: readonly number[], stream: boolean): Promise<{ release: string; answer: Answer }> {
  const answer = await fetch(`${url}/v1/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, prompt, max_tokens: maxTokens, temperature: 0, logprobs: 0, ignore_eos: true, stream }),
  });
  const body = await answer.text();
  if (!answer.ok) throw new Error(`${answer.status}: ${body.slice(0, 300)}`);
  const choices = stream ? streamed(body) : (JSON.parse(body) as { choices: CompletionChoice[] }).choices;
  return {
    release: answer.headers.get('x-signalbox-release') ?? '',
    answer: { text: choices.map(({ text }) => text).join(''), tokenLogprobs: choices.flatMap(({ logprobs }) => logprobs?.token_logprobs ?? []) },
  };
}

/** @throws Error where the stream broke off or holds an error */
function streamed(body: string): CompletionChoice[] {
  const events = body.split('\n\n').filter((event) => event.startsWith('data: ')).map((event) => event.slice('data: '.length));
  if (events.at(-1) !== '[DONE]') throw new Error(`the stream broke off: ${body.slice(-300)}`);
  return events.slice(0, -1).flatMap((event) => {
    const { choices, error } = JSON.parse(event) as { choices?: CompletionChoice[]; error?: { message: string } };
    if (error) throw new Error(error.message);
    return choices ?? [];
  });
}
