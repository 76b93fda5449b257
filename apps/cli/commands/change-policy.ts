import { type Command } from 'commander';
import { type ApiClient } from '../api/api-client.ts';
import { printable } from '../render/plain-text.ts';
import { type Terminal } from '../terminal.ts';
import { readText } from './change-payload.ts';

/** Adds the commands about which rules hold for changes, and for which models. */
export function addPolicyCommands(change: Command, terminal: Terminal, client: () => ApiClient): void {
  const policy = change.command('policy').description('what changes need, in Cedar');
  policy
    .command('show')
    .description('print the change policy in force')
    .option('--json', 'as JSON, with its limits')
    .action(async ({ json }: { json?: boolean }) => {
      const found = await client().call('getChangePolicy', {});
      terminal.note(`Version ${found.version}, SHA-256 ${found.sha256}`);
      terminal.print(json ? JSON.stringify(found, null, 2) : found.policies);
    });
  policy
    .command('put')
    .argument('<file>', 'policies in Cedar; signalbox change policy show > FILE is a start')
    .description('put another change policy in force')
    .requiredOption('--reason <text>', 'why')
    .option('--approval-hours <n>', 'an approval counts for this long')
    .option('--change-days <n>', 'a request expires after this long')
    .option('--review-hours <n>', 'a broken glass is reviewed within this time, 24 to 48')
    .option('--break-glass-hours <n>', 'longest time limit of a broken glass')
    .action(async (file: string, { reason, ...options }: { reason: string; approvalHours?: string; changeDays?: string; reviewHours?: string; breakGlassHours?: string }) => {
      const api = client();
      const before = await api.call('getChangePolicy', {});
      const given = Object.fromEntries(Object.entries(options).map(([name, value]) => [name, Number(value)]));
      const after = await api.call('putChangePolicy', { headers: { 'if-match': `"${before.version}"` }, body: { policies: await readText(terminal, file), limits: { ...before.limits, ...given }, reason } });
      terminal.print(`Version ${after.version} of the change policy is in force.`);
    });
  change
    .command('mode')
    .argument('<model>', 'served name')
    .argument('[mode]', 'required: the model changes only by approved requests')
    .description('tell or tighten how a model may be changed')
    .option('--reason <text>', 'why')
    .action(async (model: string, mode: string | undefined, { reason }: { reason?: string }) => {
      const api = client();
      const before = await api.call('getGovernance', { params: { model } });
      const after = mode === undefined ? before : await api.call('putGovernance', { params: { model }, headers: { 'if-match': `"${before.generation}"` }, body: { mode: mode as 'open' | 'required', reason: reason ?? '' } });
      terminal.print(`${printable(after.model)}: ${after.mode === 'required' ? 'changes only by approved requests' : 'may be changed directly'} (${after.mode}).`);
    });
}
