import { InvalidArgumentError, type Command } from 'commander';
import { type ApiClient, type CallOutput } from '../api/api-client.ts';
import { allPages } from '../api/pages.ts';
import { printable, table } from '../render/plain-text.ts';
import { type Terminal } from '../terminal.ts';
import { mayOverride, type OverrideOptions, overrideOf } from './protection-override.ts';
import { forModel, type ModelOptions, modelOf, reasonOf } from './activation-model.ts';

type Written = CallOutput<'createQuarantine'>;
type Health = CallOutput<'getExpertHealth'>;

const MAX_SHOWN = 1000;
const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Adds `signalbox experts quarantine`, `lift`, `quarantines` and `health`. */
export function addQuarantineCommands(experts: Command, terminal: Terminal, client: () => ApiClient): void {
  // So that --model behind one of these is theirs.
  experts.enablePositionalOptions();
  mayOverride(experts.command('quarantine'))
    .argument('<layer>', 'from 0', place)
    .argument('<expert>', 'from 0', place)
    .description('take an expert out of service, in all processes, now')
    .requiredOption('--reason <text>', 'why')
    .option('--model <name>', 'model, where there are several')
    .option('--release <id>', 'only in this release (default: in every release of the model)')
    .option('--for <time>', 'how long, such as 30m, 2h or 7d (default: until it is lifted)', durationMs)
    .option('--force', 'even where a layer is left with too few experts')
    .action(async (layer: number, expert: number, options: ModelOptions & OverrideOptions & { reason: string; release?: string; for?: number; force?: boolean }) => {
      const api = client();
      const model = await modelOf(api, options);
      const until = options.for === undefined ? {} : { until: new Date(Date.now() + options.for).toISOString() };
      const body = { layer, expert, reason: options.reason, ...(options.release === undefined ? {} : { releaseId: options.release }), ...until, force: options.force ?? false, ...overrideOf(options) };
      const made = await api.call('createQuarantine', { params: { model }, body });
      terminal.print(`expert/${layer}/${expert} of ${printable(model)} is in quarantine${made.until === null ? '' : ` until ${made.until}`}. ${takenText(made)}\nsignalbox experts lift ${made.id} puts it back.`);
    });
  forModel(experts.command('lift'))
    .argument('<quarantine-id>', 'from signalbox experts quarantines')
    .description('put an expert back into service')
    .action(async (quarantineId: string, options: ModelOptions) => {
      const api = client();
      const model = await modelOf(api, options);
      const lifted = await api.call('liftQuarantine', { params: { model, quarantineId }, headers: {}, body: reasonOf(options) });
      terminal.print(`expert/${lifted.layer}/${lifted.expert} of ${printable(model)} may be chosen again. ${takenText(lifted)}`);
    });
  experts
    .command('quarantines')
    .description('list experts that were taken out of service, newest first')
    .option('--model <name>', 'model, where there are several')
    .option('--all', 'those that ended too')
    .option('--json', 'as JSON')
    .action(async (options: ModelOptions & { all?: boolean; json?: boolean }) => {
      const api = client();
      const model = await modelOf(api, options);
      const { items } = await allPages((cursor) => api.call('listQuarantines', { params: { model }, query: { state: options.all ? 'all' : 'in-force', cursor, limit: '200' } }), MAX_SHOWN);
      const rows = items.map((one) => [one.id, `expert/${one.layer}/${one.expert}`, one.state, one.releaseId?.slice(0, 12) ?? 'all', one.createdAt.slice(0, 16).replace('T', ' '), one.until?.slice(0, 16).replace('T', ' ') ?? '-', printable(one.createdByName), printable(one.reason)]);
      terminal.print(options.json ? JSON.stringify(items, null, 2) : rows.length > 0 ? table(['id', 'expert', 'state', 'release', 'since (UTC)', 'until (UTC)', 'by', 'reason'], rows, 99) : 'No expert is in quarantine.');
    });
  experts
    .command('health')
    .description('which experts do not serve, in which process, since when and why')
    .option('--model <name>', 'model, where there are several')
    .option('--json', 'as JSON')
    .action(async (options: ModelOptions & { json?: boolean }) => {
      const api = client();
      const health = await api.call('getExpertHealth', { params: { model: await modelOf(api, options) } });
      terminal.print(options.json ? JSON.stringify(health, null, 2) : healthText(health));
    });
}

function takenText({ tookHold, takenBy, processes }: Written): string {
  if (processes === 0) return 'No inference process is live; it holds as soon as one starts.';
  return tookHold ? `All ${processes} inference processes follow.` : `${takenBy} of ${processes} inference processes follow so far: signalbox experts health shows the rest.`;
}

function healthText({ generation, processes }: Health): string {
  const rows = processes.flatMap(({ host, pid, experts }) =>
    experts.map(({ releaseId, layer, expert, state, reason, since }) => [`expert/${layer}/${expert}`, state, printable(reason), since.slice(0, 19).replace('T', ' '), releaseId.slice(0, 12), `${printable(host)}:${pid}`]),
  );
  const behind = processes.filter(({ quarantineGeneration }) => (quarantineGeneration ?? 0) < generation).map(({ host, pid, status }) => `${printable(host)}:${pid} (${status}) has not taken hold of the newest quarantine.`);
  const text = rows.length > 0 ? table(['expert', 'state', 'reason', 'since (UTC)', 'release', 'process'], rows, 99) : processes.length === 0 ? 'No inference process serves the model.' : 'Every expert serves.';
  return [text, ...behind].join('\n');
}

function place(text: string): number {
  const value = Number(text);
  if (!/^\d{1,5}$/.test(text)) throw new InvalidArgumentError('Give a number from 0.');
  return value;
}

function durationMs(text: string): number {
  const [, amount, unit] = /^(\d{1,4})([mhd])$/.exec(text) ?? [];
  const ms = Number(amount) * (UNITS[unit ?? ''] ?? 0);
  if (!(ms > 0)) throw new InvalidArgumentError('Give a time such as 30m, 2h or 7d.');
  return ms;
}
