import { type Command, InvalidArgumentError } from 'commander';
import { type ApiClient, type CallOutput } from '../api/api-client.ts';
import { printable, table } from '../render/plain-text.ts';
import { type Terminal } from '../terminal.ts';
import { modelOf, percent } from './activation-model.ts';
import { watch } from './watch.ts';

const DEFAULT_WATCH_SECONDS = 1;
const MAX_WATCH_SECONDS = 3600;
/** Characters of a release id where it is one of many. */
const SHORT = 12;

interface StatusOptions {
  readonly model?: string;
  readonly json?: boolean;
  /** true where no number is given. */
  readonly watch?: number | true;
}

type Activation = CallOutput<'getActivation'>;

/** Adds `signalbox status` and `signalbox history`. */
export function addStatusCommands(program: Command, terminal: Terminal, client: () => ApiClient): void {
  program
    .command('status')
    .description('what shall answer for a model, and what each inference process makes of it')
    .option('--model <name>', 'model, where there are several')
    .option('--watch [seconds]', 'show again and again, every second unless told', watchSeconds)
    .option('--json', 'as JSON')
    .action(async ({ model: named, json, watch: seconds }: StatusOptions) => {
      const api = client();
      const model = await modelOf(api, named === undefined ? {} : { model: named });
      const draw = async (): Promise<string> => {
        const activation = await api.call('getActivation', { params: { model } });
        return json ? JSON.stringify(activation, null, 2) : statusText(activation);
      };
      if (seconds === undefined) terminal.print(await draw());
      else await watch(draw, (seconds === true ? DEFAULT_WATCH_SECONDS : seconds) * 1000, terminal);
    });
  program
    .command('history')
    .description('what was activated when, and by whom, newest first')
    .option('--model <name>', 'model, where there are several')
    .option('--at <time>', 'what was activated at this time, such as 2026-01-31T12:00:00Z')
    .option('--json', 'as JSON')
    .action(async ({ model: named, json, at }: StatusOptions & { at?: string }) => {
      const api = client();
      const model = await modelOf(api, named === undefined ? {} : { model: named });
      const { items } = await api.call('getActivationHistory', { params: { model }, query: at === undefined ? { limit: '50' } : { at, limit: '1' } });
      if (json) return terminal.print(JSON.stringify(items, null, 2));
      const rows = items.map(({ generation, at: when, command, actorName, cause, reason, after }) => [
        String(generation), when.slice(0, 19).replace('T', ' '), command, short(after?.releaseId), short(after?.canary?.releaseId), short(after?.shadow?.releaseId), printable(actorName), cause, printable(reason ?? ''),
      ]);
      terminal.print(rows.length > 0 ? table(['generation', 'at (UTC)', 'command', 'stable', 'canary', 'shadow', 'by', 'cause', 'reason'], rows, 9) : 'Nothing was activated by then.');
    });
}

function statusText(activation: Activation): string {
  const { model, generation, activatedAt, releaseId, previousRelease, canary, shadow, converged, observed } = activation;
  const lines = [
    `${printable(model)}, generation ${generation}${activatedAt === null ? '' : `, since ${activatedAt}`}: ${converged ? 'every live process has come along' : 'not every process has come along'}`,
    `  stable    ${releaseId ?? 'none'}`,
    ...(canary ? [`  canary    ${canary.releaseId}  ${canaryText(canary)}`] : []),
    ...(shadow ? [`  shadow    ${shadow.releaseId}  ${percent(shadow.share)} of the answers`] : []),
    `  previous  ${previousRelease ?? 'none'}`,
    '',
  ];
  const rows = observed.map((one) => [
    `${printable(one.host)}/${one.pid}`, one.status, String(one.observedGeneration), one.state, short(one.stable), short(one.canary), short(one.shadow), printable(one.detail ?? ''),
  ]);
  lines.push(rows.length > 0 ? table(['process', 'status', 'generation', 'state', 'stable', 'canary', 'shadow', 'detail'], rows, 8) : 'No inference process tells of this model.');
  return lines.join('\n');
}

function canaryText({ share, stickyBy, scope: { segment, routeSlice } }: NonNullable<Activation['canary']>): string {
  const labels = Object.entries(segment ?? {}).map(([name, value]) => `${name}=${printable(value)}`);
  const slice = routeSlice ? [`${percent(routeSlice.minShare)} of a prompt to ${routeSlice.experts.join(' ')}`] : [];
  return [`${percent(share)} by ${stickyBy}`, ...labels, ...slice].join(', ');
}

function short(releaseId: string | null | undefined): string {
  return releaseId?.slice(0, SHORT) ?? '-';
}

function watchSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds >= 0.1 && seconds <= MAX_WATCH_SECONDS)) throw new InvalidArgumentError(`give seconds from 0.1 to ${MAX_WATCH_SECONDS}.`);
  return seconds;
}
