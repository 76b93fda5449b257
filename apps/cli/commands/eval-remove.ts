import { type Command } from 'commander';
import { type ApiClient } from '../api/api-client.ts';
import { type Terminal } from '../terminal.ts';
import { guarded } from './eval-exit.ts';

/** Adds `signalbox eval delete ...`. */
export function addEvalRemoval(group: Command, terminal: Terminal, client: () => ApiClient): void {
  group
    .command('delete')
    .argument('<evaluation-id>', 'from signalbox eval list')
    .description('delete an evaluation that has ended, unless a decision rests on it')
    .action(
      guarded(async (evaluationId: string) => {
        await client().call('deleteEvaluation', { params: { evaluationId } });
        terminal.print(`Evaluation ${evaluationId} is deleted. What it measured is kept for equal runs until nobody has used it for a while.`);
      }),
    );
  group
    .command('delete-suite')
    .argument('<digest>', 'in full, as signalbox eval show says')
    .description('delete a suite without runs; its datasets stay')
    .action(
      guarded(async (digest: string) => {
        await client().call('deleteSuite', { params: { digest } });
        terminal.print(`Suite ${digest} is deleted.`);
      }),
    );
  group
    .command('delete-dataset')
    .argument('<sha256>', 'in full')
    .description('delete a dataset that no suite asks')
    .action(
      guarded(async (sha256: string) => {
        await client().call('deleteDataset', { params: { sha256 } });
        terminal.print(`Dataset ${sha256} is deleted.`);
      }),
    );
}
