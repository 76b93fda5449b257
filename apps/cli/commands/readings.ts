import { type Command, Option } from 'commander';
import { SIGNALS, type Signal } from '#libs/detection/reading/reading';
import { type ApiClient, type CallOutput } from '../api/api-client.ts';
import { releaseInFull } from '../api/in-full.ts';
import { CliError, EXIT } from '../api/exit-code.ts';
import { allPages } from '../api/pages.ts';
import { printable, table } from '../render/plain-text.ts';
import { type Terminal } from '../terminal.ts';

interface ReadingsOptions {
  readonly signal?: Signal;
  readonly model?: string;
  readonly release?: string;
  readonly layer?: string;
  readonly history?: boolean;
  readonly from?: string;
  readonly to?: string;
  readonly json?: boolean;
}

type Reading = CallOutput<'listReadings'>['items'][number];
type PastReading = CallOutput<'listReadingHistory'>['items'][number];

const MAX_SHOWN = 1000;

/** Adds `signalbox readings`: what the detectors say. */
export function addReadingsCommand(program: Command, terminal: Terminal, client: () => ApiClient): void {
  program
    .command('readings')
    .description('what the detectors say, and whether they keep up')
    .addOption(new Option('--signal <name>', 'only this signal').choices([...SIGNALS]))
    .option('--model <name>', 'only of this model')
    .option('--release <id>', 'only of this release')
    .option('--layer <n>', 'only of this layer')
    .option('--history', 'what they said, newest first; needs --signal')
    .option('--from <time>', 'start of the history (default: a day before the end)')
    .option('--to <time>', 'its end (default: now)')
    .option('--json', 'as JSON')
    .action((options: ReadingsOptions) => readings(client(), terminal, options));
}

async function readings(api: ApiClient, terminal: Terminal, { signal, model, release, layer, history, from, to, json }: ReadingsOptions): Promise<void> {
  if (history && signal === undefined) throw new CliError(EXIT.usage, '--history needs --signal: name the signal.');
  const filter = {
    ...(model === undefined ? {} : { model }), ...(layer === undefined ? {} : { layer }),
    ...(release === undefined ? {} : { release: await releaseInFull(api, release) }),
  };
  const time = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
  const { items, more } = history && signal !== undefined
    ? await allPages<Reading | PastReading>((cursor) => api.call('listReadingHistory', { query: { ...filter, ...time, signal, cursor, limit: '200' } }), MAX_SHOWN)
    : await allPages<Reading | PastReading>((cursor) => api.call('listReadings', { query: { ...filter, ...(signal === undefined ? {} : { signal }), cursor, limit: '200' } }), MAX_SHOWN);
  if (json) return terminal.print(JSON.stringify(items, null, 2));
  const rows = items.map((one) => [one.signal, printable(labelsText(one.labels)), one.value === null ? '-' : one.value.toPrecision(3), one.alarm === null ? '-' : one.alarm ? 'alarm' : 'quiet', one.at.slice(0, 19).replace('T', ' '), 'experts' in one ? expertsText(one) : '']);
  terminal.print(rows.length > 0 ? table(['signal', 'of', 'value', 'state', 'at (UTC)', 'experts'], rows, 99) : 'No reading.');
  if (more) terminal.note(`Only the first ${items.length} are shown.`);
  if (!history) await follow(api, terminal);
}

/** A line for each model, and how far the detectors are. */
async function follow(api: ApiClient, terminal: Terminal): Promise<void> {
  const { behindRequests, behindSeconds, models } = await api.call('getDetection', {});
  for (const { model, status } of models) terminal.note(`${printable(model)}: ${printable(status)}`);
  terminal.note(`Behind the record: ${behindRequests} requests, ${Math.round(behindSeconds)} s.`);
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels).map(([name, value]) => `${name} ${name === 'release' ? value.slice(0, 12) : value}`).join(', ');
}

function expertsText({ experts }: Reading): string {
  return experts.map(({ expert, share, baselineShare }) => `${expert}${share === null || baselineShare === null ? '' : share >= baselineShare ? ' up' : ' down'}`).join(', ');
}
