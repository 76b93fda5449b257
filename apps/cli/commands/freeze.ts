import { type Command } from 'commander';
import { type ApiClient } from '../api/api-client.ts';
import { allPages } from '../api/pages.ts';
import { printable, table } from '../render/plain-text.ts';
import { type Terminal } from '../terminal.ts';

const MAX_SHOWN = 1000;

/** Adds `signalbox freeze ...`. */
export function addFreezeCommands(program: Command, terminal: Terminal, client: () => ApiClient): void {
  const freeze = program.command('freeze').description('times in which nothing is to change');
  freeze
    .command('create')
    .argument('<name>', 'such as holidays')
    .description('let nothing change for a time')
    .requiredOption('--from <time>', 'such as 2036-12-24T00:00:00Z')
    .requiredOption('--to <time>', 'its end, exclusive')
    .requiredOption('--reason <text>', 'why')
    .option('--model <name>', 'only this model')
    .action(async (name: string, { from, to, reason, model }: { from: string; to: string; reason: string; model?: string }) => {
      const made = await client().call('createFreeze', { body: { name, reason, from, to, model: model ?? null } });
      terminal.print(`Freeze window ${made.id}: ${made.from} to ${made.to}.`);
    });
  freeze
    .command('list')
    .description('list freeze windows, latest end first')
    .option('--json', 'as JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const api = client();
      const { items } = await allPages((cursor) => api.call('listFreezes', { query: { cursor, limit: '200' } }), MAX_SHOWN);
      const rows = items.map((one) => [one.id, printable(one.name), one.active ? 'holds' : '-', printable(one.model ?? 'all models'), one.from.slice(0, 16).replace('T', ' '), one.to.slice(0, 16).replace('T', ' '), printable(one.reason)]);
      terminal.print(json ? JSON.stringify(items, null, 2) : rows.length > 0 ? table(['id', 'name', 'state', 'model', 'from (UTC)', 'to (UTC)', 'reason'], rows, 99) : 'No freeze window: signalbox freeze create makes one.');
    });
  freeze
    .command('delete')
    .argument('<freeze-id>', 'from signalbox freeze list')
    .description('take a freeze window away')
    .action(async (freezeId: string) => {
      const api = client();
      const { generation } = await api.call('getFreeze', { params: { freezeId } });
      const gone = await api.call('deleteFreeze', { params: { freezeId }, headers: { 'if-match': `"${generation}"` } });
      terminal.print(`Freeze window ${printable(gone.name)} is gone.`);
    });
}
