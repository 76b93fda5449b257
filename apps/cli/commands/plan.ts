import { type Command, InvalidArgumentError } from 'commander';
import { type ApiClient, type CallOutput } from '../api/api-client.ts';
import { printable, table } from '../render/plain-text.ts';
import { type Terminal } from '../terminal.ts';
import { type ModelOptions, modelOf } from './activation-model.ts';
import { addRecalibrateCommand } from './plan-recalibrate.ts';

type Placement = CallOutput<'planPlacement'>;
type Overflow = CallOutput<'forecastOverflow'>;

const UNITS: Readonly<Record<string, number>> = { '': 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };
const MAX_TITLE_FACTOR = 1000;

interface PlanOptions extends ModelOptions {
  readonly release?: string;
  readonly from?: string;
  readonly to?: string;
  readonly devices: number;
  readonly deviceMemory?: number;
  readonly extraCopies: number;
  readonly factors?: string;
  readonly requests: number;
  readonly proposeCapacity?: number;
  readonly policy: 'drop' | 'reroute' | 'pad';
  readonly json?: boolean;
}

/** Adds `signalbox plan`. */
export function addPlanCommand(program: Command, terminal: Terminal, client: () => ApiClient): void {
  const plan = program.command('plan');
  addRecalibrateCommand(plan, terminal, client);
  plan
    .description('what recorded traffic asks for: where to place experts, which to copy, what a capacity would drop')
    .option('--model <name>', 'model, where there are several')
    .option('--release <id>', 'only its traffic (default: of all releases of the model)')
    .option('--from <time>', 'start of the traffic (default: 24 hours ago)')
    .option('--to <time>', 'end of the traffic (default: now)')
    .option('--devices <n>', 'devices that share the experts of every layer', (text) => whole(text, 1), 4)
    .option('--device-memory <size>', 'memory for experts on each device, such as 24GiB (default: enough for anything)', sizeBytes)
    .option('--extra-copies <n>', 'copies of experts beyond the first, at most, in each layer', (text) => whole(text, 0), 0)
    .option('--factors <list>', 'capacity factors to try, such as 1,1.25,2')
    .option('--requests <n>', 'newest requests whose traces are read for that', (text) => whole(text, 1), 200)
    .option('--propose-capacity <factor>', 'open a change request that sets this capacity factor, per request', factorOf)
    .option('--policy <policy>', 'with it: drop, reroute or pad', policyOf, 'drop')
    .option('--json', 'as JSON')
    .action(async (options: PlanOptions) => {
      const api = client();
      const model = await modelOf(api, options);
      const { release, from, to } = options;
      const cut = { ...(release === undefined ? { model } : { release }), from, to };
      const deviceBytes = options.deviceMemory === undefined ? undefined : String(options.deviceMemory);
      const placement = await api.call('planPlacement', { query: { ...cut, devices: String(options.devices), deviceBytes, extraCopies: String(options.extraCopies) } });
      const overflow = await api.call('forecastOverflow', { query: { ...cut, factors: options.factors, requests: String(options.requests) } });
      if (options.json) terminal.print(JSON.stringify({ placement, overflow }, null, 2));
      else terminal.print(`${placementText(placement, options)}\n\n${overflowText(overflow)}`);
      if (options.proposeCapacity !== undefined) await propose(api, terminal, model, options.proposeCapacity, options.policy, overflow);
    });
}

async function propose(api: ApiClient, terminal: Terminal, model: string, factor: number, policy: PlanOptions['policy'], overflow: Overflow): Promise<void> {
  const known = overflow.factors?.find((one) => one.factor === factor);
  const forecast = known ? ` Of ${overflow.requests} recorded requests it would have dropped ${percent(known.droppedShare)} of the selections.` : '';
  const change = await api.call('createChange', {
    body: {
      title: `Capacity factor ${factor}, ${policy}`,
      reason: `Capacity per request, policy ${policy}.${forecast}`,
      change: { type: 'change-routing-settings', model, settings: { capacity: { factor, policy, scope: 'request' } }, strategy: { kind: 'at-once' } },
    },
  });
  terminal.print(`Change request ${change.id} is a draft; signalbox change submit ${change.id} asks for its review.`);
}

function placementText({ withheld, fits, neededBytes, deviceBytes, layers, requests }: Placement, { devices }: PlanOptions): string {
  if (withheld) return `Placement: withheld, fewer than ${withheld.minRequests} requests.`;
  if (!fits || !layers || !deviceBytes) return `Placement: the experts need ${mebibytes(neededBytes ?? 0)} and do not fit on ${devices} devices of that memory.`;
  const rows = layers.map(({ layer, imbalance, inBlocks, copied }) => [String(layer), ratio(inBlocks.overall), ratio(inBlocks.worstHour), ratio(imbalance.overall), ratio(imbalance.worstHour), copied.map(({ expert, copies }) => `${expert} x ${copies}`).join(', ') || '-']);
  return [
    `Placement on ${devices} devices, from ${requests} requests; tokens of the busiest device over the mean (1 is even):`,
    table(['layer', 'in blocks', 'worst hour', 'planned', 'worst hour', 'copied'], rows, 99),
    `Memory on each device: ${deviceBytes.map((bytes) => mebibytes(bytes)).join(', ')}. --json names the devices of each expert.`,
  ].join('\n');
}

function overflowText({ withheld, factors, requests }: Overflow): string {
  if (withheld || !factors) return `Capacity: withheld, fewer than ${withheld?.minRequests ?? 0} requests.`;
  const rows = factors.map(({ factor, droppedShare, lostGateShare, worstLayer }) => [String(factor), percent(droppedShare), percent(lostGateShare), `${worstLayer.layer}: ${percent(worstLayer.droppedShare)}`]);
  return `Capacity per request, policy drop, on ${requests} recorded requests:\n${table(['factor', 'dropped', 'gate weight lost', 'worst layer'], rows, 99)}`;
}

const ratio = (value: number): string => value.toFixed(2);
const percent = (share: number): string => `${(share * 100).toFixed(share > 0 && share < 0.001 ? 3 : 1)}%`;
const mebibytes = (bytes: number): string => `${printable((bytes / 1024 ** 2).toFixed(1))} MiB`;

function whole(text: string, least: number): number {
  if (!/^\d{1,9}$/.test(text) || Number(text) < least) throw new InvalidArgumentError(`give a whole number from ${least}`);
  return Number(text);
}

function sizeBytes(text: string): number {
  const [, digits, unit] = /^(\d{1,12})\s*(KiB|MiB|GiB)?$/.exec(text) ?? [];
  if (digits === undefined) throw new InvalidArgumentError('give a size such as 24GiB');
  return Number(digits) * UNITS[unit ?? '']!;
}

function factorOf(text: string): number {
  const factor = Number(text);
  if (!(factor > 0 && factor <= MAX_TITLE_FACTOR)) throw new InvalidArgumentError(`give a number above 0, at most ${MAX_TITLE_FACTOR}`);
  return factor;
}

function policyOf(text: string): PlanOptions['policy'] {
  if (text !== 'drop' && text !== 'reroute' && text !== 'pad') throw new InvalidArgumentError('give drop, reroute or pad');
  return text;
}
