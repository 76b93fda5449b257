import { Agent, request } from 'node:http';
import { type Target } from '../harness/completion-load.ts';

/** A request as its client saw it. */
export interface Seen {
  readonly tenant: string;
  /** 0: no answer came. */
  readonly status: number;
  readonly ms: number;
  readonly completionTokens: number;
  readonly hasRetryAfter: boolean;
  /** OpenAI's error code; null where there is none. */
  readonly code: string | null;
}

export interface Asked {
  readonly tenant: string;
  readonly promptTokens: number;
  readonly maxTokens: number;
  readonly seed: number;
  /** One token again and again; left out: tokens drawn at random. */
  readonly isRepetition?: boolean;
  /** Sent with the request, and waited for by the client; null: as long as it takes. */
  readonly deadlineMs: number | null;
}

const FIRST_ORDINARY_TOKEN = 3;
/** A client that is late by so much is gone. */
const PATIENCE = 1.5;
const MAX_SOCKETS = 4096;

export class Clients {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS });
  readonly #target: Target;
  readonly #vocabSize: number;

  constructor(target: Target, vocabSize: number) {
    this.#target = target;
    this.#vocabSize = vocabSize;
  }

  close(): void {
    this.#agent.destroy();
  }

  ask(asked: Asked): Promise<Seen> {
    const { tenant, deadlineMs } = asked;
    const { model, key, port, extra } = this.#target;
    const body = JSON.stringify({ model, prompt: this.#prompt(asked), max_tokens: asked.maxTokens, temperature: 0, metadata: { tenant }, ...extra });
    const startedMs = performance.now();
    return new Promise((resolve) => {
      const end = (status: number, text: string, hasRetryAfter: boolean): void => {
        const tokens = status === 200 ? Number(/"completion_tokens":\s*(\d+)/.exec(text)?.[1] ?? 0) : 0;
        const code = status === 200 ? null : (/"code":\s*"([^"]+)"/.exec(text)?.[1] ?? null);
        resolve({ tenant, status, ms: performance.now() - startedMs, completionTokens: tokens, hasRetryAfter, code });
      };
      const headers: Record<string, string | number> = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      if (key) headers['authorization'] = `Bearer ${key}`;
      if (deadlineMs !== null) headers['x-signalbox-deadline-ms'] = deadlineMs;
      const sent = request({ host: '127.0.0.1', port, path: '/v1/completions', method: 'POST', agent: this.#agent, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => (text += part));
        response.on('end', () => end(response.statusCode ?? 0, text, response.headers['retry-after'] !== undefined));
        response.on('error', () => end(0, '', false));
      });
      if (deadlineMs !== null) sent.setTimeout(deadlineMs * PATIENCE, () => sent.destroy());
      sent.on('error', () => end(0, '', false));
      sent.end(body);
    });
  }

  #prompt({ promptTokens, seed, isRepetition = false }: Asked): number[] {
    if (isRepetition) return Array.from({ length: promptTokens }, () => FIRST_ORDINARY_TOKEN + (seed % (this.#vocabSize - FIRST_ORDINARY_TOKEN)));
    let state = (seed * 7919 + 1) >>> 0;
    return Array.from({ length: promptTokens }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return FIRST_ORDINARY_TOKEN + ((state >>> 8) % (this.#vocabSize - FIRST_ORDINARY_TOKEN));
    });
  }
}

export interface Tenant {
  readonly name: string;
  /** Part of all arrivals, summing to 1. */
  readonly share: number;
}

export interface Arrivals {
  readonly seconds: number;
  readonly perSecond: number;
  readonly tenants: readonly Tenant[];
  /** Uniform in [0, 1), seeded. */
  readonly random: () => number;
  readonly ask: (tenant: string, index: number) => Promise<Seen>;
  /** Told while it runs. */
  readonly tick: (elapsedMs: number) => void;
}

const TICK_MS = 250;

/** Requests that come whether or not earlier ones were answered: a Poisson process. Resolves when all have ended. */
export async function openLoop({ seconds, perSecond, tenants, random, ask, tick }: Arrivals): Promise<Seen[]> {
  const startedMs = performance.now();
  const endMs = seconds * 1000;
  const under: Promise<Seen>[] = [];
  let nextMs = 0;
  let nextTickMs = 0;
  for (let elapsedMs = 0; elapsedMs < endMs; elapsedMs = performance.now() - startedMs) {
    for (; nextMs <= elapsedMs && nextMs < endMs; nextMs += (-Math.log(1 - random()) * 1000) / perSecond) under.push(ask(drawn(tenants, random()), under.length));
    if (elapsedMs >= nextTickMs) {
      tick(elapsedMs);
      nextTickMs += TICK_MS;
    }
    await new Promise((resolve) => setTimeout(resolve, Math.min(Math.max(nextMs - (performance.now() - startedMs), 1), TICK_MS)));
  }
  return Promise.all(under);
}

function drawn(tenants: readonly Tenant[], draw: number): string {
  let sum = 0;
  for (const { name, share } of tenants) {
    sum += share;
    if (draw < sum) return name;
  }
  return tenants.at(-1)?.name ?? '';
}

/** A fixed number of requests at a time, each lane asking again as soon as it is answered. */
export async function closedLoop(seconds: number, parallel: number, ask: (index: number) => Promise<Seen>): Promise<Seen[]> {
  const seen: Seen[] = [];
  const endMs = performance.now() + seconds * 1000;
  let index = 0;
  const lane = async (): Promise<void> => {
    while (performance.now() < endMs) seen.push(await ask(index++));
  };
  await Promise.all(Array.from({ length: parallel }, lane));
  return seen;
}
