import { type Command, Option } from 'commander';
import { type ApiClient } from '../api/api-client.ts';
import { CliError, EXIT } from '../api/exit-code.ts';
import { releaseInFull } from '../api/in-full.ts';
import { type Terminal } from '../terminal.ts';
import { forModel, forward, matching, type ModelOptions, modelOf, reasonOf, tellDesired } from './activation-model.ts';
import { addRecallCommand } from './recall.ts';
import { addStatusCommands } from './status.ts';

interface CanaryOptions extends ModelOptions {
  readonly share: string;
  readonly stickyBy: 'key' | 'session' | 'request';
  readonly tenant?: string;
  readonly task?: string;
  readonly language?: string;
  readonly experts?: string;
  readonly minShare: string;
}

/** Adds the commands that say what answers for a model, and those that show it. */
export function addActivationCommands(program: Command, terminal: Terminal, client: () => ApiClient): void {
  forward(program.command('activate'))
    .argument('<release>', 'release id, from signalbox releases, or its first 8 or more digits')
    .description('let a release answer for its model')
    .action(async (release: string, options: ModelOptions) => {
      const api = client();
      const model = await modelOf(api, options);
      tellDesired(terminal, await api.call('putActivation', { params: { model }, headers: await matching(api, model, options), body: { release: await releaseInFull(api, release), ...reasonOf(options) } }));
    });

  addCanaryCommands(program.command('canary').description('let a release answer a share of the requests'), terminal, client);
  addShadowCommands(program.command('shadow').description('run a release unseen beside the stable one'), terminal, client);

  forward(program.command('promote'))
    .description('make the canary the stable release')
    .action(async (options: ModelOptions) => {
      const api = client();
      const model = await modelOf(api, options);
      tellDesired(terminal, await api.call('promoteCanary', { params: { model }, headers: await matching(api, model, options), body: reasonOf(options) }));
    });

  // Ways back read nothing first: they must not wait for anything.
  forModel(program.command('abort'))
    .description('end the canary')
    .action(async (options: ModelOptions) => {
      const api = client();
      tellDesired(terminal, await api.call('abortCanary', { params: { model: await modelOf(api, options) }, headers: {}, body: reasonOf(options) }));
    });
  forModel(program.command('rollback'))
    .description('go back to the release before')
    .addOption(new Option('--part <part>', 'only this part of it').choices(['routers', 'experts']))
    .action(async (options: ModelOptions & { part?: 'routers' | 'experts' }) => {
      const api = client();
      const body = { ...(options.part === undefined ? {} : { part: options.part }), ...reasonOf(options) };
      tellDesired(terminal, await api.call('rollbackActivation', { params: { model: await modelOf(api, options) }, headers: {}, body }));
    });

  addRecallCommand(program, terminal, client);
  addStatusCommands(program, terminal, client);
}

function addCanaryCommands(canary: Command, terminal: Terminal, client: () => ApiClient): void {
  forward(canary.command('start'))
    .argument('<release>', 'release id, from signalbox releases, or its first 8 or more digits')
    .description('start a canary')
    .requiredOption('--share <share>', 'share of the requests in scope, such as 0.05')
    .addOption(new Option('--sticky-by <what>', 'what stays on one side').choices(['key', 'session', 'request']).default('key'))
    .option('--tenant <name>', 'only requests of this tenant')
    .option('--task <name>', 'only requests of this task')
    .option('--language <name>', 'only requests in this language')
    .option('--experts <names>', 'only requests whose prompt goes to these experts, such as expert/3/5,expert/3/6')
    .option('--min-share <share>', "least share of the prompt's decisions that must go there", '0.5')
    .action(async (release: string, options: CanaryOptions) => {
      const api = client();
      const model = await modelOf(api, options);
      const { stickyBy, tenant, task, language, experts } = options;
      const segment = Object.fromEntries(Object.entries({ tenant, task, language }).filter(([, value]) => value !== undefined));
      const body = {
        release: await releaseInFull(api, release),
        share: numberOf('--share', options.share),
        stickyBy,
        ...(Object.keys(segment).length === 0 ? {} : { segment }),
        ...(experts === undefined ? {} : { routeSlice: { experts: experts.split(','), minShare: numberOf('--min-share', options.minShare) } }),
        ...reasonOf(options),
      };
      tellDesired(terminal, await api.call('startCanary', { params: { model }, headers: await matching(api, model, options), body }));
    });
  forward(canary.command('share'))
    .argument('<share>', 'share of the requests in scope, such as 0.25')
    .description('change the share of the canary')
    .action(async (share: string, options: ModelOptions) => {
      const api = client();
      const model = await modelOf(api, options);
      const body = { share: numberOf('share', share), ...reasonOf(options) };
      tellDesired(terminal, await api.call('setCanaryShare', { params: { model }, headers: await matching(api, model, options), body }));
    });
}

function addShadowCommands(shadow: Command, terminal: Terminal, client: () => ApiClient): void {
  forward(shadow.command('start'))
    .argument('<release>', 'release id, from signalbox releases, or its first 8 or more digits')
    .description('run a release unseen; answers are compared and thrown away')
    .requiredOption('--share <share>', 'share of the answers to compare, such as 0.1')
    .action(async (release: string, options: ModelOptions & { share: string }) => {
      const api = client();
      const model = await modelOf(api, options);
      const body = { release: await releaseInFull(api, release), share: numberOf('--share', options.share), ...reasonOf(options) };
      tellDesired(terminal, await api.call('startShadow', { params: { model }, headers: await matching(api, model, options), body }));
    });
  forModel(shadow.command('stop'))
    .description('end the shadow')
    .action(async (options: ModelOptions) => {
      const api = client();
      tellDesired(terminal, await api.call('stopShadow', { params: { model: await modelOf(api, options) }, headers: {}, body: reasonOf(options) }));
    });
}

/** The server checks the range. */
function numberOf(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new CliError(EXIT.usage, `${name} is ${JSON.stringify(text)}: give a number from 0 to 1, such as 0.05.`);
  return value;
}
