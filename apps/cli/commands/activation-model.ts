import { type Command } from 'commander';
import { type ApiClient, type CallOutput } from '../api/api-client.ts';
import { CliError, EXIT } from '../api/exit-code.ts';
import { printable } from '../render/plain-text.ts';
import { type Terminal } from '../terminal.ts';

/** Models that are asked for at most when none is named. */
const MAX_MODELS = '200';

export interface ModelOptions {
  readonly model?: string;
  readonly reason?: string;
  readonly generation?: string;
}

export type Desired = CallOutput<'putActivation'>;

/** Options of each command that changes what answers. */
export function forModel(command: Command): Command {
  return command.option('--model <name>', 'model, where there are several').option('--reason <text>', 'why, for the audit log');
}

/** Options of each command that leads forward. */
export function forward(command: Command): Command {
  return forModel(command).option('--generation <n>', 'only if the activation is still at this generation (default: the present one)');
}

/** The model named, or the only one. */
export async function modelOf(client: ApiClient, { model }: ModelOptions): Promise<string> {
  if (model !== undefined) return model;
  const { items } = await client.call('listModels', { query: { limit: MAX_MODELS } });
  const [only] = items;
  if (only && items.length === 1) return only.model;
  const names = items.map((one) => printable(one.model)).join(', ');
  throw new CliError(EXIT.usage, items.length === 0 ? 'No model is active yet: signalbox import brings one.' : `There are several models: give --model, one of ${names}.`);
}

/** If-Match of a command that leads forward. */
export async function matching(client: ApiClient, model: string, { generation }: ModelOptions): Promise<{ 'if-match': string }> {
  if (generation !== undefined) return { 'if-match': `"${generation}"` };
  const seen = await client.call('getActivation', { params: { model } });
  return { 'if-match': `"${seen.generation}"` };
}

export function reasonOf({ reason }: ModelOptions): { reason?: string } {
  return reason === undefined ? {} : { reason };
}

export function tellDesired(terminal: Terminal, { model, generation, releaseId, canary, shadow }: Desired): void {
  const parts = [`stable ${releaseId ?? 'none'}`, ...(canary ? [`canary ${canary.releaseId} at ${percent(canary.share)}`] : []), ...(shadow ? [`shadow ${shadow.releaseId} at ${percent(shadow.share)}`] : [])];
  terminal.print(`${printable(model)}, generation ${generation}: ${parts.join(', ')}. signalbox status shows when every process has come along.`);
}

export function percent(share: number): string {
  return `${Number((share * 100).toPrecision(4))}%`;
}
