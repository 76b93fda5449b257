import { type Command, InvalidArgumentError, Option } from 'commander';
import { type ApiClient, type CallOutput } from '../api/api-client.ts';
import { releaseInFull } from '../api/in-full.ts';
import { allPages } from '../api/pages.ts';
import { printable, table } from '../render/plain-text.ts';
import { type Terminal } from '../terminal.ts';

type Baseline = CallOutput<'getBaseline'>;
type SegmentLabels = Baseline['segments'][number];

const MAX_SHOWN = 1000;
const LABELS = ['tenant', 'task', 'language'] as const;

interface FreezeOptions {
  readonly model: string;
  readonly release?: string;
  readonly from?: string;
  readonly to?: string;
  readonly requests?: string;
  readonly segment: readonly SegmentLabels[];
  readonly mixByHour?: boolean;
  readonly mixBy?: (typeof LABELS)[number];
}

/** Adds `signalbox baseline ...`: reference traffic that detectors compare with. */
export function addBaselineCommands(program: Command, terminal: Terminal, client: () => ApiClient): void {
  const baseline = program.command('baseline').description('reference traffic that the detectors compare with');
  baseline
    .command('freeze')
    .description('freeze a baseline of recorded traffic; it is not used before it is adopted')
    .requiredOption('--model <name>', 'served name')
    .option('--release <id>', 'its release (default: the stable one)')
    .option('--from <time>', 'start (default: as far back as traces are kept)')
    .option('--to <time>', 'end, exclusive (default: now)')
    .option('--requests <n>', 'requests to draw, 1000 to 20000 (default: 5000)')
    .option('--segment <labels>', 'a segment with streams of its own, such as task=chat,language=de; may be repeated', segmentLabels, [])
    .option('--mix-by-hour', 'hours of the day are known mixes')
    .addOption(new Option('--mix-by <label>', 'values of this label are known mixes').choices([...LABELS]))
    .action((options: FreezeOptions) => freeze(client(), terminal, options));
  baseline
    .command('list')
    .description('list baselines, newest first')
    .option('--model <name>', 'only of this model')
    .option('--json', 'as JSON')
    .action((options: { model?: string; json?: boolean }) => list(client(), terminal, options));
  baseline
    .command('show')
    .argument('<baseline-id>', 'from signalbox baseline list')
    .description('show a baseline and its progress')
    .option('--json', 'as JSON')
    .action(async (baselineId: string, { json }: { json?: boolean }) => {
      const one = await client().call('getBaseline', { params: { baselineId } });
      terminal.print(json ? JSON.stringify(one, null, 2) : shown(one));
    });
  baseline
    .command('adopt')
    .argument('<baseline-id>', 'from signalbox baseline list')
    .description('compare with this baseline from now on; its detectors begin anew')
    .requiredOption('--reason <text>', 'why')
    .action(async (baselineId: string, { reason }: { reason: string }) => {
      const api = client();
      const { generation } = await api.call('getBaseline', { params: { baselineId } });
      const adopted = await api.call('adoptBaseline', { params: { baselineId }, headers: { 'if-match': `"${generation}"` }, body: { reason } });
      terminal.print(`${printable(adopted.model)} is compared with baseline ${adopted.id} from now on.`);
    });
  baseline
    .command('cancel')
    .argument('<baseline-id>', 'from signalbox baseline list')
    .description('stop freezing a baseline')
    .action(async (baselineId: string) => {
      await client().call('cancelBaseline', { params: { baselineId } });
      terminal.print(`Baseline ${baselineId} is cancelled.`);
    });
}

async function freeze(api: ApiClient, terminal: Terminal, { model, release, from, to, requests, segment, mixByHour, mixBy }: FreezeOptions): Promise<void> {
  const body = {
    model, segments: [...segment],
    ...(release === undefined ? {} : { release: await releaseInFull(api, release) }),
    ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }),
    ...(requests === undefined ? {} : { requests: Number(requests) }),
    ...(mixByHour ? { mixByHour } : {}), ...(mixBy === undefined ? {} : { mixBySegment: mixBy }),
  };
  const made = await api.call('createBaseline', { body });
  terminal.print(`Freezing baseline ${made.id} of release ${made.release.slice(0, 12)}. signalbox baseline show ${made.id} tells how far it is.`);
}

async function list(api: ApiClient, terminal: Terminal, { model, json }: { readonly model?: string; readonly json?: boolean }): Promise<void> {
  const { items } = await allPages((cursor) => api.call('listBaselines', { query: { ...(model === undefined ? {} : { model }), cursor, limit: '200' } }), MAX_SHOWN);
  if (json) return terminal.print(JSON.stringify(items, null, 2));
  const rows = items.map((one) => [one.id, printable(one.model), one.release.slice(0, 12), one.inForce ? 'in force' : one.adoptedAt === null ? one.state : 'replaced', String(one.requests), one.createdAt.slice(0, 16).replace('T', ' '), printable(one.createdBy)]);
  terminal.print(rows.length > 0 ? table(['id', 'model', 'release', 'state', 'requests', 'made (UTC)', 'by'], rows, 99) : 'No baseline: signalbox baseline freeze makes one.');
}

function shown(one: Baseline): string {
  const lines: [string, string][] = [
    ['baseline', one.id],
    ['model', printable(one.model)],
    ['release', one.release],
    ['state', one.state === 'freezing' ? `freezing, ${one.layersDone} of ${one.layers} layers` : one.state],
    ['traffic', `${one.from} to ${one.to}`],
    ['requests', String(one.requests)],
    ['segments', one.segments.map((segment) => printable(labelsText(segment))).join('; ') || 'none: all traffic together'],
    ['known mixes', [...(one.mixByHour ? ['hour of the day'] : []), ...(one.mixBySegment === null ? [] : [one.mixBySegment])].join(', ') || 'one'],
    ['threshold', one.threshold === null ? '-' : `${Math.round(one.threshold)} (from ${Math.round(one.requestsPerMonth ?? 0)} requests a month)`],
    ['made by', `${printable(one.createdBy)} at ${one.createdAt}`],
    ['adopted', one.adoptedAt === null ? 'no' : `${one.adoptedAt} by ${printable(one.adoptedBy ?? '')}: ${printable(one.adoptedReason ?? '')}${one.inForce ? ' (in force)' : ''}`],
    ...(one.note === null ? [] : [['note', printable(one.note)] as [string, string]]),
  ];
  return lines.map(([name, value]) => `${name.padEnd(12)}${value}`).join('\n');
}

function labelsText(segment: SegmentLabels): string {
  return LABELS.filter((name) => segment[name] !== undefined).map((name) => `${name}=${segment[name]}`).join(',');
}

function segmentLabels(text: string, before: readonly SegmentLabels[]): readonly SegmentLabels[] {
  const labels: SegmentLabels = {};
  for (const part of text.split(',')) {
    const at = part.indexOf('=');
    const name = LABELS.find((known) => known === part.slice(0, at));
    if (at < 1 || name === undefined) throw new InvalidArgumentError(`Give ${LABELS.join(', ')} with a value each, such as task=chat,language=de.`);
    labels[name] = part.slice(at + 1);
  }
  return [...before, labels];
}
