import { type Command } from 'commander';
import { type ApiClient } from '../api/api-client.ts';
import { releaseInFull } from '../api/in-full.ts';
import { type Terminal } from '../terminal.ts';
import { type ModelOptions, modelOf } from './activation-model.ts';
import { EVAL_EXIT_HELP, guarded } from './eval-exit.ts';
import { startAndTell } from './eval-run.ts';
import { suiteOnServer } from './eval-suite.ts';

interface RecalibrateOptions extends ModelOptions {
  readonly suite: string;
  readonly release?: string;
  readonly propose?: boolean;
}

/** What the result of a recalibration proposes. */
interface Proposal {
  readonly strength: number;
  readonly selectionBias: number[][];
}

/** Adds `signalbox plan recalibrate`. */
export function addRecalibrateCommand(plan: Command, terminal: Terminal, client: () => ApiClient): void {
  plan
    .command('recalibrate')
    .description('what a bias on the selection would do to the balance of experts and to quality')
    .requiredOption('--suite <suite>', 'YAML file or digest; its likelihood tasks are read')
    .option('--model <name>', 'model, where there are several')
    .option('--release <id>', 'release that is looked at (default: the one that answers)')
    .option('--propose', 'open a change request that sets the bias, where one is found')
    .addHelpText('after', EVAL_EXIT_HELP)
    .action(guarded(async (options: RecalibrateOptions) => recalibrate(client(), terminal, options)));
}

async function recalibrate(api: ApiClient, terminal: Terminal, options: RecalibrateOptions): Promise<void> {
  const model = await modelOf(api, options);
  const answering = (await api.call('getActivation', { params: { model } })).releaseId;
  const candidate = options.release === undefined ? answering : await releaseInFull(api, options.release);
  const order = { kind: 'recalibration' as const, candidate: candidate ?? '', reference: null, suite: await suiteOnServer(api, terminal, options.suite), settings: {} };
  // Without a bias worth setting it ends here, as its verdict has it.
  await startAndTell(api, terminal, order, { wait: true, format: 'terminal', out: [], evidence: [] });
  if (!options.propose) return;
  // The same order again is answered with the run that has just ended.
  const run = await api.call('createEvaluation', { body: order });
  const { proposal } = run.result as unknown as { readonly proposal: Proposal };
  const change = await api.call('createChange', {
    body: {
      title: `Selection bias of strength ${proposal.strength}`,
      reason: `${run.verdict?.reasons[0]?.detail ?? ''} Evaluation ${run.id}.`,
      change: { type: 'change-routing-settings', model, settings: { selectionBias: proposal.selectionBias }, strategy: { kind: 'at-once' } },
    },
  });
  // Evidence is of the release that would answer; this run was of the one that does.
  terminal.print(`Change request ${change.id} is a draft; signalbox change submit ${change.id} asks for its review.`);
}
