import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { connect } from './api/connection.ts';
import { CliError, EXIT, EXIT_HELP } from './api/exit-code.ts';
import { addAccountCommands } from './commands/accounts.ts';
import { addAlertCommands } from './commands/alerts.ts';
import { addActivationCommands } from './commands/activation.ts';
import { addAuditCommands } from './commands/audit.ts';
import { addBaselineCommands } from './commands/baseline.ts';
import { addChangeCommands } from './commands/change.ts';
import { addDataRulesCommands } from './commands/data-rules.ts';
import { addComponentCommands } from './commands/components.ts';
import { addEvalCommands } from './commands/eval.ts';
import { addFeedbackCommands } from './commands/feedback.ts';
import { addFreezeCommands } from './commands/freeze.ts';
import { addPlanCommand } from './commands/plan.ts';
import { addProtectCommands } from './commands/protect.ts';
import { addQuarantineCommands } from './commands/quarantine.ts';
import { addReceiverCommands } from './commands/receivers.ts';
import { importCheckpoint, type ImportOptions } from './commands/import.ts';
import { addKeyCommands } from './commands/keys.ts';
import { experts } from './commands/lists.ts';
import { addReadingsCommand } from './commands/readings.ts';
import { addReleaseCommands } from './commands/releases.ts';
import { addRolloutCommands } from './commands/rollout.ts';
import { routes, type RoutesOptions } from './commands/routes.ts';
import { addRuleCommands } from './commands/rules.ts';
import { addSilenceCommands } from './commands/silences.ts';
import { addSignCommands } from './commands/sign.ts';
import { trace } from './commands/trace.ts';
import { addTrustCommands } from './commands/trust.ts';
import { addUploadCommand } from './commands/upload.ts';
import { addDemoCommand } from './demo/demo-command.ts';
import { addHelp } from './help.ts';
import { type Terminal } from './terminal.ts';

/** Runs a command line (without node and script). Returns the exit code; errors are told, not thrown. */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await buildProgram(terminal).parseAsync(args, { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    // Commander has told its own errors already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (terminal.signal.aborted) {
      terminal.note('Stopped.');
      return EXIT.interrupted;
    }
    if (error instanceof CliError) {
      terminal.note(`${terminal.colors.bold('signalbox:')} ${error.message}`);
      return error.exitCode;
    }
    terminal.note(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return EXIT.failed;
  }
}

function buildProgram(terminal: Terminal): Command {
  const client = () => connect(terminal.env, terminal.signal);
  const program = new Command('signalbox')
    .description('See and steer the routing of a Mixture-of-Experts model that Signalbox serves.')
    .exitOverride()
    // What stands behind a command is that command's, also where the one above it has an option of the same name.
    .enablePositionalOptions()
    .configureOutput({ writeOut: (text) => terminal.print(text.trimEnd()), writeErr: (text) => terminal.note(text.trimEnd()) })
    .addHelpText('after', EXIT_HELP);

  cut(program.command('routes'), true)
    .description('draw which experts the tokens of each layer went to')
    .addOption(new Option('--by <segment>', 'a matrix for each layer, a line for each segment').choices(['task', 'tenant', 'language', 'release']))
    .option('--tenant <name>', 'only this tenant')
    .option('--task <name>', 'only this task')
    .option('--language <name>', 'only this language')
    .option('--watch [seconds]', 'draw again and again, every 2 s unless told', watchSeconds)
    .addOption(new Option('--json', 'as JSON').conflicts('csv'))
    .option('--csv', 'as CSV')
    .action((options: RoutesOptions) => routes(client(), terminal, options));

  program
    .command('trace')
    .argument('<request-id>', 'from the x-request-id header of the answer')
    .description('show one request, token by token (each look is audited)')
    .option('--json', 'as JSON, a line for each 1,024 tokens')
    .action((requestId: string, options: { json?: boolean }) => trace(client(), terminal, requestId, options));

  const expertsCommand = program.command('experts');
  cut(expertsCommand, true)
    .description('latency, tokens and size of each expert; below it, which are out of service')
    .option('--json', 'as JSON')
    .action((options: Parameters<typeof experts>[2]) => experts(client(), terminal, options));
  addQuarantineCommands(expertsCommand, terminal, client);

  program
    .command('import')
    .argument('<dir>', 'checkpoint folder on the machine of the server')
    .description('import a Hugging Face checkpoint as a release; Ctrl-C cancels it')
    .option('--model <name>', 'name to serve it by (default: the name of the folder)')
    .option('--activate', 'let it answer at once (the first release of a model does anyway)')
    .option('--parent <release>', 'release it was tuned from (default: the stable one of the model)')
    .option('--note <text>', 'why')
    .action((directory: string, options: ImportOptions) => importCheckpoint(client(), terminal, directory, options));

  addReleaseCommands(program, client, terminal);
  addComponentCommands(program, client, terminal);
  addUploadCommand(program, client, terminal);

  addKeyCommands(program, terminal, client);
  addAccountCommands(program, terminal, client);

  addDemoCommand(program, terminal, client);
  addChangeCommands(program, terminal, client);
  addEvalCommands(program, terminal, client);
  addPlanCommand(program, terminal, client);
  addFreezeCommands(program, terminal, client);
  addReceiverCommands(program, terminal, client);
  addAuditCommands(program, terminal, client);
  addDataRulesCommands(program, terminal, client);
  addProtectCommands(program, terminal, client);
  addActivationCommands(program, terminal, client);
  addRolloutCommands(program, terminal, client);
  addFeedbackCommands(program, terminal, client);
  addSignCommands(program, terminal, client);
  addTrustCommands(program, terminal, client);
  addBaselineCommands(program, terminal, client);
  addReadingsCommand(program, terminal, client);
  addAlertCommands(program, terminal, client);
  addSilenceCommands(program, terminal, client);
  addRuleCommands(program, terminal, client);
  addHelp(program);
  return program;
}

function cut(command: Command, withTime: boolean): Command {
  command.option('--model <name>', 'model (needed when there are several)').option('--release <id>', 'one release instead').option('--layer <n>', 'only this layer');
  return withTime ? command.option('--from <time>', 'start, such as 2026-01-31T12:00:00Z (default: a day before the end)').option('--to <time>', 'end (default: now)') : command;
}

function watchSeconds(text: string): number {
  const value = Number(text);
  if (!(value >= 0.1 && value <= 3600)) throw new InvalidArgumentError('Give seconds from 0.1 to 3600.');
  return value;
}
