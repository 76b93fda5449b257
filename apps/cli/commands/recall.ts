import { type Command } from 'commander';
import { type ApiClient } from '../api/api-client.ts';
import { printable, table } from '../render/plain-text.ts';
import { type Terminal } from '../terminal.ts';

interface RecallOptions {
  readonly reason: string;
  readonly force?: boolean;
}

/** Adds `signalbox recall` and `signalbox recalled`. */
export function addRecallCommand(program: Command, terminal: Terminal, client: () => ApiClient): void {
  program
    .command('recall')
    .argument('<sha256>', 'component version, from signalbox components')
    .description('withdraw a component version everywhere; cannot be taken back')
    .requiredOption('--reason <text>', 'why')
    .option('--force', 'stop a model for which nothing is left that may answer')
    .action(async (sha256: string, { reason, force = false }: RecallOptions) => {
      const { models } = await client().call('recallComponent', { params: { sha256 }, body: { reason, force } });
      terminal.print(`${sha256} is recalled.`);
      for (const { model, outcome, releaseId, generation } of models) {
        terminal.print(releaseId === null ? `${printable(model)}: stopped.` : `${printable(model)}: ${outcome}; ${releaseId} answers, generation ${generation}.`);
      }
      terminal.print(`signalbox recalled ${sha256} lists the releases with it and what they answered.`);
    });
  program
    .command('recalled')
    .argument('<sha256>', 'component version')
    .description('list the releases that hold a component version, and how many requests each answered')
    .option('--json', 'as JSON')
    .action(async (sha256: string, { json }: { json?: boolean }) => {
      const report = await client().call('getRecall', { params: { sha256 } });
      if (json) return terminal.print(JSON.stringify(report, null, 2));
      const { recalled, releases } = report;
      terminal.print(recalled ? `Recalled ${recalled.at} by ${printable(recalled.by)}: ${printable(recalled.reason)}` : 'Not recalled.');
      const rows = releases.map(({ releaseId, model, components, requests }) => [releaseId, printable(model), printable(components.join(' ')), String(requests)]);
      terminal.print(rows.length > 0 ? table(['release', 'model', 'as', 'requests'], rows, 3) : 'No release holds it.');
    });
}
