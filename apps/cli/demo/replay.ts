import { type ApiClient } from '../api/api-client.ts';
import { CliError } from '../api/exit-code.ts';
import { exitCodeOf } from '../api/refusal.ts';
import { pause } from '../pause.ts';
import { type DemoPrompt } from './prompts.ts';

export interface ReplayOptions {
  readonly model: string;
  readonly tenant: string;
  readonly parallel: number;
  readonly maxTokens: number;
  readonly signal: AbortSignal;
  readonly onAnswer: (done: number) => void;
}

/** How often a busy server is asked again for one prompt. */
const MAX_RETRIES = 100;

/** Sends all prompts, some at a time; returns the request ids. @throws CliError at the first refusal */
export async function replay(client: Pick<ApiClient, 'request'>, prompts: readonly DemoPrompt[], options: ReplayOptions): Promise<string[]> {
  const ids: string[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let index = next++; index < prompts.length; index = next++) {
      const prompt = prompts[index];
      if (prompt) ids.push(await ask(client, prompt, index, options));
      options.onAnswer(ids.length);
    }
  };
  const lanes = Array.from({ length: Math.min(options.parallel, prompts.length) }, () =>
    lane().catch((error: unknown) => {
      // The others stop at their next prompt.
      next = prompts.length;
      throw error;
    }),
  );
  await Promise.all(lanes);
  return ids;
}

/** Sends one prompt, again while the server is busy; its request id. @throws CliError at a refusal */
export async function ask(client: Pick<ApiClient, 'request'>, { prompt, task, language }: DemoPrompt, seed: number, { model, tenant, maxTokens, signal }: Pick<ReplayOptions, 'model' | 'tenant' | 'maxTokens' | 'signal'>): Promise<string> {
  const body = JSON.stringify({ model, prompt, max_tokens: maxTokens, temperature: 0.8, seed, metadata: { tenant, task, language } });
  for (let attempt = 0; ; attempt += 1) {
    const answer = await client.request('/v1/completions', { method: 'POST', body });
    const text = await answer.text();
    const requestId = answer.headers.get('x-request-id');
    if (answer.ok && requestId) return requestId;
    const isBusy = answer.status === 429 || answer.status === 503;
    if (!isBusy || attempt >= MAX_RETRIES) throw new CliError(exitCodeOf(answer.status), messageOf(text, answer.status));
    await pause(retryAfterMs(answer.headers.get('retry-after')), signal);
  }
}

/** Seconds from the header, between 0.1 and 30; half a second where it says nothing usable. */
export function retryAfterMs(header: string | null): number {
  const seconds = header === null ? Number.NaN : Number(header);
  return Number.isFinite(seconds) ? Math.min(30, Math.max(0.1, seconds)) * 1000 : 500;
}

function messageOf(text: string, status: number): string {
  try {
    const { error } = JSON.parse(text) as { error?: { message?: unknown } };
    if (typeof error?.message === 'string') return error.message;
  } catch {
    // Not JSON: the status has to do.
  }
  return `The server answered a completion with status ${status}.`;
}
