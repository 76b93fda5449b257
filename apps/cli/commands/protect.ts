import { InvalidArgumentError, type Command } from 'commander';
import { type ApiClient, type CallOutput } from '../api/api-client.ts';
import { allPages } from '../api/pages.ts';
import { printable, table } from '../render/plain-text.ts';
import { type Terminal } from '../terminal.ts';
import { forModel, type ModelOptions, modelOf } from './activation-model.ts';

type Protected = CallOutput<'getProtectedExpert'>;
type Override = CallOutput<'reviewProtectionOverride'>;

const MAX_SHOWN = 1000;
const VERDICTS = { confirm: 'confirmed', revert: 'to-revert' } as const;

/** Adds `signalbox protect list`, `add`, `remove`, `adopt`, `overrides` and `review`. */
export function addProtectCommands(program: Command, terminal: Terminal, client: () => ApiClient): void {
  const protect = program.command('protect').description('experts that must not be taken away without evidence');
  protect
    .command('list')
    .description('list protected experts, and why they are')
    .option('--model <name>', 'model, where there are several')
    .option('--json', 'as JSON')
    .action(async (options: ModelOptions & { json?: boolean }) => {
      const api = client();
      const model = await modelOf(api, options);
      const { items } = await allPages((cursor) => api.call('listProtectedExperts', { params: { model }, query: { cursor, limit: '200' } }), MAX_SHOWN);
      terminal.print(options.json ? JSON.stringify(items, null, 2) : items.length > 0 ? protectedTable(items) : 'No expert is protected. signalbox protect adopt takes the proposal of a concentration run.');
    });
  protect
    .command('add')
    .argument('<layer>', 'from 0', place)
    .argument('<expert>', 'from 0', place)
    .description('protect an expert, or say anew why')
    .requiredOption('--reason <text>', 'why; whoever is refused reads it')
    .option('--model <name>', 'model, where there are several')
    .action(async (layer: string, expert: string, options: ModelOptions & { reason: string }) => {
      const api = client();
      const model = await modelOf(api, options);
      await api.call('protectExpert', { params: { model, layer, expert }, headers: {}, body: { reason: options.reason } });
      terminal.print(`expert/${layer}/${expert} of ${printable(model)} is protected.`);
    });
  protect
    .command('remove')
    .argument('<layer>', 'from 0', place)
    .argument('<expert>', 'from 0', place)
    .description('take the protection of an expert back')
    .requiredOption('--reason <text>', 'why')
    .option('--evidence <evaluation-id>', 'concentration run of what serves that left the expert out and does not propose it')
    .option('--model <name>', 'model, where there are several')
    .action(async (layer: string, expert: string, { reason, evidence, ...options }: ModelOptions & { reason: string; evidence?: string }) => {
      const api = client();
      const model = await modelOf(api, options);
      await api.call('unprotectExpert', { params: { model, layer, expert }, headers: {}, body: { reason, ...(evidence === undefined ? {} : { evaluationId: evidence }) } });
      terminal.print(`expert/${layer}/${expert} of ${printable(model)} is protected no longer.`);
    });
  protect
    .command('adopt')
    .argument('<evaluation-id>', 'a concentration run, from signalbox eval')
    .description('protect all experts that a concentration run proposes')
    .option('--model <name>', 'model, where there are several')
    .action(async (evaluationId: string, options: ModelOptions) => {
      const api = client();
      const { adopted, already } = await api.call('adoptProtection', { params: { model: await modelOf(api, options) }, body: { evaluationId } });
      if (adopted.length > 0) terminal.print(protectedTable(adopted));
      terminal.print(`${adopted.length} protected now, ${already.length} protected before.`);
    });
  protect
    .command('overrides')
    .description('list times that protected experts were taken away all the same, newest first')
    .option('--owed', 'only emergencies that nobody has confirmed')
    .option('--model <name>', 'model, where there are several')
    .option('--json', 'as JSON')
    .action(async (options: ModelOptions & { owed?: boolean; json?: boolean }) => {
      const api = client();
      const model = await modelOf(api, options);
      const { items } = await allPages((cursor) => api.call('listProtectionOverrides', { params: { model }, query: { owed: options.owed ? 'true' : 'false', cursor, limit: '200' } }), MAX_SHOWN);
      terminal.print(options.json ? JSON.stringify(items, null, 2) : items.length > 0 ? table(['id', 'act', 'experts', 'at (UTC)', 'by', 'stands on', 'reason'], items.map(overrideRow), 99) : 'There is none.');
    });
  forModel(protect.command('review'))
    .argument('<override-id>', 'from signalbox protect overrides --owed')
    .argument('<verdict>', 'confirm or revert', verdict)
    .description('review an emergency of somebody else; --reason says what you found')
    .action(async (overrideId: string, given: keyof typeof VERDICTS, options: ModelOptions & { reason?: string }) => {
      const api = client();
      const body = { verdict: VERDICTS[given], note: options.reason ?? '' };
      const reviewed = await api.call('reviewProtectionOverride', { params: { model: await modelOf(api, options), overrideId }, body });
      terminal.print(reviewed.review?.verdict === 'confirmed' ? 'Confirmed: nothing is owed.' : 'It is to be reverted; confirm it once that is done.');
    });
}

function protectedTable(items: readonly Protected[]): string {
  const rows = items.map((one) => [`expert/${one.layer}/${one.expert}`, one.protectedAt.slice(0, 16).replace('T', ' '), printable(one.protectedByName), one.evidence?.evaluationId ?? '-', printable(one.reason)]);
  return table(['expert', 'since (UTC)', 'by', 'run', 'reason'], rows, 99);
}

function overrideRow({ id, act, takings, at, byName, evidence, changeId, review, isOverdue, reason }: Override): string[] {
  const stands = evidence ? `run ${evidence.evaluationId}` : changeId ? `change ${changeId}` : review ? `emergency, ${review.verdict}` : `emergency, review ${isOverdue ? 'overdue' : 'owed'}`;
  return [id, printable(act), takings.map(({ layer, expert }) => `${layer}/${expert}`).join(' '), at.slice(0, 16).replace('T', ' '), printable(byName), stands, printable(reason)];
}

function place(text: string): string {
  if (!/^\d{1,5}$/.test(text)) throw new InvalidArgumentError('Give a number from 0.');
  return text;
}

function verdict(text: string): keyof typeof VERDICTS {
  if (text === 'confirm' || text === 'revert') return text;
  throw new InvalidArgumentError('Give confirm or revert.');
}
