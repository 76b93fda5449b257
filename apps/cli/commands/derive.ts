import { type Command, InvalidArgumentError, Option } from 'commander';
import { type ApiClient, type CallInput } from '../api/api-client.ts';
import { releaseInFull } from '../api/in-full.ts';
import { printable } from '../render/plain-text.ts';
import { type Terminal } from '../terminal.ts';
import { followImport, tellWhatNext } from './import.ts';

interface QuantiseOptions {
  readonly precision: 'int8' | 'int4';
  readonly components?: NonNullable<CallInput<'createDerivation'>['body']['components']>;
  readonly note?: string;
}

interface DensifyOptions {
  readonly as: string;
  readonly expertsPerLayer?: number;
  readonly experts?: number[][];
  readonly note?: string;
}

/** Adds the commands that make a release of another one. */
export function addDeriveCommands(releases: Command, client: () => ApiClient, terminal: Terminal): void {
  releases
    .command('quantise')
    .description('make an int8 or int4 release of a release; Ctrl-C cancels it')
    .argument('<release>', 'id, from signalbox releases, or its first 8 or more digits')
    .addOption(new Option('--precision <precision>', 'bits of a weight').choices(['int8', 'int4']).makeOptionMandatory())
    .option('--components <which>', 'experts, experts-and-backbone, or names such as expert/3/5,backbone (default: experts)', componentChoice)
    .option('--note <text>', 'why')
    .action((release: string, options: QuantiseOptions) => quantise(client(), terminal, release, options));
  releases
    .command('densify')
    .description('make a dense model of a release, of the experts that traffic uses most evenly; Ctrl-C cancels it')
    .argument('<release>', 'id, from signalbox releases, or its first 8 or more digits')
    .requiredOption('--as <model>', 'name to serve it by')
    .option('--experts-per-layer <n>', 'experts of each layer that become one (default: 2)', Number)
    .option('--experts <list>', 'which, by layer, such as 4+1,6+2', expertLists)
    .option('--note <text>', 'why')
    .action((release: string, options: DensifyOptions) => densify(client(), terminal, release, options));
}

async function quantise(client: ApiClient, terminal: Terminal, given: string, options: QuantiseOptions): Promise<void> {
  const params = { releaseId: await releaseInFull(client, given) };
  const job = await followImport(client, terminal, await client.call('createDerivation', { params, body: { ...options } }), 'derivation');
  terminal.print(`Made release ${job.releaseId ?? ''} of ${printable(job.model)}.`);
  if (job.summary !== null) terminal.print(printable(job.summary));
  terminal.print('Its routers and experts count as untried together: measure it (docs/precision.md) and record what you found before it answers.');
  await tellWhatNext(client, terminal, job.model, job.releaseId ?? '');
}

async function densify(client: ApiClient, terminal: Terminal, given: string, { as: model, ...options }: DensifyOptions): Promise<void> {
  const params = { releaseId: await releaseInFull(client, given) };
  const job = await followImport(client, terminal, await client.call('createDenseTwin', { params, body: { model, ...options } }), 'derivation');
  terminal.print(`Made model ${printable(model)}, release ${job.releaseId ?? ''}.`);
  if (job.summary !== null) terminal.print(printable(job.summary));
  await tellWhatNext(client, terminal, model, job.releaseId ?? '');
}

function componentChoice(text: string): NonNullable<QuantiseOptions['components']> {
  return text === 'experts' || text === 'experts-and-backbone' ? text : text.split(',').map((name) => name.trim());
}

function expertLists(text: string): number[][] {
  const lists = text.split(',').map((layer) => layer.split('+').map(Number));
  if (lists.some((layer) => layer.some((expert) => !Number.isInteger(expert) || expert < 0))) throw new InvalidArgumentError('Give numbers of experts, joined by + in a layer and by , between layers.');
  return lists;
}
