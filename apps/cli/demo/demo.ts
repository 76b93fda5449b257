import { type ApiClient } from '../api/api-client.ts';
import { allPages } from '../api/pages.ts';
import { CliError, EXIT } from '../api/exit-code.ts';
import { pause } from '../pause.ts';
import { progressBar } from '../progress-bar.ts';
import { type Terminal } from '../terminal.ts';
import { demoSummary } from './demo-summary.ts';
import { readPrompts, shippedPrompts } from './prompts.ts';
import { replay } from './replay.ts';

export interface DemoOptions {
  readonly model?: string;
  readonly prompts?: string;
  readonly parallel: number;
  readonly maxTokens: number;
}

const TENANT = 'demo';
const POLL_MS = 250;
const RECORDED_WITHIN_MS = 120_000;

/** Replays prompts of several domains and shows how differently they use the experts. */
export async function demo(client: ApiClient, terminal: Terminal, options: DemoOptions): Promise<void> {
  const model = options.model ?? (await demoModel(client));
  const prompts = await readPrompts(options.prompts ?? shippedPrompts());
  const domains = new Set(prompts.map(({ task }) => task));
  terminal.print(`Asking ${model} ${prompts.length} prompts of ${domains.size} domains, ${options.parallel} at a time.`);
  const from = new Date().toISOString();
  const bar = progressBar(terminal, terminal.isTty, String);
  let ids: string[];
  try {
    ids = await replay(client, prompts, {
      model,
      tenant: TENANT,
      parallel: options.parallel,
      maxTokens: options.maxTokens,
      signal: terminal.signal,
      onAnswer: (done) => bar.update(done, prompts.length, 'answering'),
    });
    await recorded(client, terminal, { ids, model, from }, (done) => bar.update(done, ids.length, 'recording'));
  } finally {
    bar.stop();
  }
  const cut = { model, tenant: TENANT, from };
  const [usage, information] = [await client.call('getUsage', { query: { ...cut, groupBy: 'task' } }), await client.call('getInformation', { query: { ...cut, by: 'task' } })];
  terminal.print(demoSummary({ usage, information, requestId: ids.at(-1) ?? '' }, terminal));
}

/** tiny-mixtral, or the only model. @throws CliError where there is none or a choice */
export async function demoModel(client: ApiClient): Promise<string> {
  const { items } = await client.call('listModels', { query: { limit: '200' } });
  const names = items.map(({ model }) => model);
  const [first] = names;
  if (names.includes('tiny-mixtral')) return 'tiny-mixtral';
  if (first !== undefined && names.length === 1) return first;
  throw new CliError(EXIT.usage, names.length === 0 ? 'No model serves yet: signalbox import DIR --model NAME --activate.' : `Choose one with --model: ${names.slice(0, 20).join(', ')}.`);
}

/** Waits until every request is in the database. */
async function recorded(client: ApiClient, terminal: Terminal, { ids, model, from }: { ids: readonly string[]; model: string; from: string }, onProgress: (done: number) => void): Promise<void> {
  const deadlineMs = Date.now() + RECORDED_WITHIN_MS;
  const missing = new Set(ids);
  for (;;) {
    const { items } = await allPages((cursor) => client.call('listTraces', { query: { model, tenant: TENANT, from, cursor, limit: '200' } }), ids.length * 4);
    for (const { requestId } of items) missing.delete(requestId);
    onProgress(ids.length - missing.size);
    if (missing.size === 0) return;
    if (Date.now() > deadlineMs) throw new CliError(EXIT.failed, `${missing.size} of ${ids.length} requests were not recorded within ${RECORDED_WITHIN_MS / 1000} s: the server's log says why.`);
    await pause(POLL_MS, terminal.signal);
  }
}
