import { type ApiClient, type CallOutput } from '../api/api-client.ts';
import { routesCsv, routesText, type RoutesAnswer } from '../render/routes-text.ts';
import { type Terminal } from '../terminal.ts';
import { watch } from './watch.ts';

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
  /** Seconds from one drawing to the next; true where none were given. */
  readonly watch?: number | true;
  readonly json?: boolean;
  readonly csv?: boolean;
}

const WATCH_SECONDS = 2;

/** Draws where tokens went. */
export async function routes(client: ApiClient, terminal: Terminal, options: RoutesOptions): Promise<void> {
  if (!options.watch) {
    terminal.print(format(await readRoutes(client, options), terminal, options));
    return;
  }
  const seconds = options.watch === true ? WATCH_SECONDS : options.watch;
  await watch(async () => format(await readRoutes(client, options), terminal, options), seconds * 1000, terminal);
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
