import { type ApiClient, type CallOutput } from '../api/api-client.ts';
import { pause } from '../pause.ts';
import { routesCsv, routesText, type RoutesAnswer } from '../render/routes-text.ts';
import { type Terminal } from '../terminal.ts';

export interface RoutesOptions {
  readonly model?: string;
  readonly release?: string;
  readonly layer?: string;
  readonly by?: 'task' | 'tenant' | 'language' | 'release';
  readonly tenant?: string;
  readonly task?: string;
  readonly language?: string;
  readonly from?: string;
  readonly to?: string;
  readonly watch?: boolean;
  readonly json?: boolean;
  readonly csv?: boolean;
}

const WATCH_MS = 2_000;

/** Draws where tokens went. */
export async function routes(client: ApiClient, terminal: Terminal, options: RoutesOptions): Promise<void> {
  if (!options.watch) {
    terminal.print(format(await readRoutes(client, options), terminal, options));
    return;
  }
  for (;;) {
    const text = format(await readRoutes(client, options), terminal, options);
    // Home and clear, so that the picture stays in place; nothing of the kind into a file.
    terminal.print(terminal.isTty ? `\u001b[H\u001b[2J${text}\nEvery ${WATCH_MS / 1000} s. Ctrl-C ends it.` : text);
    await pause(WATCH_MS, terminal.signal);
  }
}

export async function readRoutes(client: ApiClient, options: RoutesOptions): Promise<RoutesAnswer> {
  const { model, release, layer, tenant, task, language, from, to, by } = options;
  const query = { model, release, layer, tenant, task, language, from, to };
  const usage = await client.call('getUsage', { query: { ...query, groupBy: by ?? 'none' } });
  const balance = by === undefined ? await client.call('getBalance', { query }) : null;
  const information: CallOutput<'getInformation'> | null = by === undefined || by === 'release' ? null : await client.call('getInformation', { query: { ...query, by } });
  return { usage, balance, information };
}

function format(answer: RoutesAnswer, terminal: Terminal, { json, csv }: RoutesOptions): string {
  if (json) return JSON.stringify(answer, null, 2);
  return csv ? routesCsv(answer) : routesText(answer, terminal);
}
