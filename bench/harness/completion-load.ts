import { Agent, request } from 'node:http';

/** An OpenAI-compatible server under load, ours or a peer. */
export interface Target {
  readonly name: string;
  readonly port: number;
  readonly model: string;
  readonly key: string | null;
  /** Settings that this server needs so that both do the same work. */
  readonly extra: Readonly<Record<string, unknown>>;
}

export interface Load {
  readonly requests: number;
  readonly parallel: number;
  readonly promptTokens: number;
  readonly maxTokens: number;
  readonly vocabSize: number;
  readonly seed: number;
}

export interface LoadResult {
  readonly wallMs: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly timeToFirstTokenMs: readonly number[];
  readonly requestMs: readonly number[];
}

/** Token ids by a small linear congruential generator: no two prompts alike, the same in every run. */
function promptOf(load: Load, index: number): number[] {
  const FIRST_ORDINARY_TOKEN = 3;
  let state = (load.seed * 1_000_003 + index * 7919 + 1) >>> 0;
  return Array.from({ length: load.promptTokens }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return FIRST_ORDINARY_TOKEN + ((state >>> 8) % (load.vocabSize - FIRST_ORDINARY_TOKEN));
  });
}

interface StreamedAnswer {
  readonly firstMs: number;
  readonly totalMs: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
}

function complete(target: Target, agent: Agent, prompt: readonly number[], maxTokens: number): Promise<StreamedAnswer> {
  const body = JSON.stringify({
    model: target.model,
    prompt,
    max_tokens: maxTokens,
    temperature: 0,
    stream: true,
    stream_options: { include_usage: true },
    ...target.extra,
  });
  const startedMs = performance.now();
  return new Promise((resolve, reject) => {
    const headers: Record<string, string | number> = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    if (target.key) headers['authorization'] = `Bearer ${target.key}`;
    const sent = request({ host: '127.0.0.1', port: target.port, path: '/v1/completions', method: 'POST', agent, headers }, (response) => {
      let firstMs = 0;
      let tail = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        if (firstMs === 0) firstMs = performance.now() - startedMs;
        tail = (tail + text).slice(-4096);
      });
      response.on('end', () => {
        const prompts = /"prompt_tokens":\s*(\d+)/.exec(tail);
        const completions = /"completion_tokens":\s*(\d+)/.exec(tail);
        if (response.statusCode !== 200 || !prompts || !completions) {
          reject(new Error(`${target.name} answered ${response.statusCode}: ${tail.slice(-400)}`));
          return;
        }
        resolve({ firstMs, totalMs: performance.now() - startedMs, promptTokens: Number(prompts[1]), completionTokens: Number(completions[1]) });
      });
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/**
 * Sends a bounded number of streaming completions, a fixed number at a time. Each has a connection of
 * its own: what a client library does with kept ones differs.
 */
export async function runLoad(target: Target, load: Load): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: false });
  const answers: StreamedAnswer[] = [];
  let next = 0;
  const startedMs = performance.now();
  const worker = async () => {
    while (next < load.requests) {
      const index = next++;
      answers.push(await complete(target, agent, promptOf(load, index), load.maxTokens));
    }
  };
  try {
    await Promise.all(Array.from({ length: load.parallel }, worker));
  } finally {
    agent.destroy();
  }
  return {
    wallMs: performance.now() - startedMs,
    promptTokens: answers.reduce((sum, answer) => sum + answer.promptTokens, 0),
    completionTokens: answers.reduce((sum, answer) => sum + answer.completionTokens, 0),
    timeToFirstTokenMs: answers.map((answer) => answer.firstMs),
    requestMs: answers.map((answer) => answer.totalMs),
  };
}
