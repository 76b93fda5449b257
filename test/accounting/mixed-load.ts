import { TEST_KEY } from '../harness/signalbox-process.ts';

/** A request that got its whole answer: it must be recorded, with these figures. */
export interface Answered {
  readonly requestId: string;
  readonly promptTokens: number;
  readonly completionTokens: number;
}

export interface LoadTally {
  readonly answered: Answered[];
  aborted: number;
  refused: number;
  /** Connections that broke: the server was killed under them. */
  broken: number;
}

export interface MixedLoad {
  readonly url: string;
  readonly requests: number;
  readonly parallel: number;
  readonly abortShare: number;
  readonly random: () => number;
}

const TASKS = ['english', 'german', 'python', 'bible'];
const WORDS = ['the', 'file', 'und', 'nicht', 'king', 'def', 'return', 'value', 'said', 'server', 'open', 'Datei'];

interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
}

/** Sends a bounded mix of short and long, streamed and whole, single and multiple completions. */
export async function runMixedLoad(load: MixedLoad, tally: LoadTally, stopped: () => boolean = () => false): Promise<void> {
  let sent = 0;
  const worker = async () => {
    while (sent < load.requests && !stopped()) {
      sent++;
      await oneRequest(load, tally);
    }
  };
  await Promise.all(Array.from({ length: load.parallel }, worker));
}

async function oneRequest({ url, random, abortShare }: MixedLoad, tally: LoadTally): Promise<void> {
  const pick = <T>(values: readonly T[]) => values[Math.floor(random() * values.length)] as T;
  const stream = random() < 0.6;
  const controller = new AbortController();
  const abortAfter = random() < abortShare ? Math.floor(random() * 12) : null;
  const body = {
    model: 'tiny-mixtral',
    prompt: Array.from({ length: 1 + Math.floor(random() * 60) }, () => pick(WORDS)).join(' '),
    max_tokens: 1 + Math.floor(random() * 40),
    n: random() < 0.1 ? 2 : 1,
    temperature: random() < 0.5 ? 0 : 1,
    seed: Math.floor(random() * 1e6),
    stream,
    ...(stream ? { stream_options: { include_usage: true } } : {}),
    metadata: { task: pick(TASKS), tenant: pick(['a', 'b']), language: 'en' },
  };
  try {
    const sending = fetch(`${url}/v1/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TEST_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: controller.signal,
    });
    if (!stream && abortAfter !== null) setImmediate(() => controller.abort());
    const response = await sending;
    if (!response.ok) {
      await response.body?.cancel();
      tally.refused++;
      return;
    }
    const requestId = response.headers.get('x-request-id') ?? '';
    const usage = stream ? await readStream(response, controller, abortAfter) : ((await response.json()) as { usage: Usage }).usage;
    if (usage) tally.answered.push({ requestId, promptTokens: usage.prompt_tokens, completionTokens: usage.completion_tokens });
    else tally.aborted++;
  } catch (error) {
    if (controller.signal.aborted) tally.aborted++;
    else if (error instanceof Error) tally.broken++;
  }
}

/** Reads events up to the end, or aborts after some; null when the end never came. */
async function readStream(response: Response, controller: AbortController, abortAfter: number | null): Promise<Usage | null> {
  let text = '';
  let chunks = 0;
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (abortAfter !== null && chunks++ >= abortAfter) {
      controller.abort();
      return null;
    }
  }
  if (!text.includes('data: [DONE]')) throw new Error('the stream broke off');
  const usage = /"usage":(\{[^}]*"completion_tokens":[^}]*\})/.exec(text);
  return usage?.[1] ? (JSON.parse(usage[1]) as Usage) : null;
}
