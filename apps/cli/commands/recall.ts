import { type Command } from 'commander';
import { type ApiClient } from '../api/api-client.ts';
import { CliError, EXIT } from '../api/exit-code.ts';
import { componentInFull } from '../api/in-full.ts';
import { digestTable, printable } from '../render/plain-text.ts';
import { type Terminal } from '../terminal.ts';
import { mayOverride, type OverrideOptions, overrideOf } from './protection-override.ts';
import { listTouched } from './recall-requests.ts';

interface RecallOptions extends OverrideOptions {
  readonly reason: string;
  readonly force?: boolean;
}

interface RecalledOptions {
  readonly requests?: boolean;
  readonly selected?: boolean;
  readonly json?: boolean;
}

/** Adds `signalbox recall` and `signalbox recalled`. */
export function addRecallCommand(program: Command, terminal: Terminal, client: () => ApiClient): void {
  mayOverride(program.command('recall'))
    .argument('<sha256>', 'component version in full, from signalbox components')
    .description('withdraw a component version everywhere; cannot be taken back')
    .requiredOption('--reason <text>', 'why')
    .option('--force', 'stop a model for which nothing is left that may answer')
    .action(async (sha256: string, options: RecallOptions) => {
      const { reason, force = false } = options;
      const { models } = await client().call('recallComponent', { params: { sha256 }, body: { reason, force, ...overrideOf(options) } });
      terminal.print(`${sha256} is recalled.`);
      for (const { model, outcome, releaseId, generation } of models) {
        terminal.print(releaseId === null ? `${printable(model)}: stopped.` : `${printable(model)}: ${outcome}; ${releaseId} answers, generation ${generation}.`);
      }
      terminal.print(`signalbox recalled ${sha256} lists the releases with it and what they answered; with --requests --selected, the requests that it touched.`);
    });
  program
    .command('recalled')
    .argument('<sha256>', 'component version, or its first 8 or more digits')
    .description('list the releases that hold a component version, and how many requests each answered; or the requests')
    .option('--requests', 'list the recorded requests that they answered, newest first')
    .option('--selected', 'with --requests: only those of which an expert got a token (opens traces, which is audited)')
    .option('--json', 'as JSON; with --requests a line for each, and a summary as the last')
    .action(async (sha256: string, { json, requests: listsRequests = false, selected = false }: RecalledOptions) => {
      if (selected && !listsRequests) throw new CliError(EXIT.usage, '--selected narrows a list of requests: give --requests too.');
      const api = client();
      if (listsRequests) return listTouched(api, terminal, await componentInFull(api, sha256), { selected, json: json === true });
      const report = await api.call('getRecall', { params: { sha256: await componentInFull(api, sha256) } });
      if (json) return terminal.print(JSON.stringify(report, null, 2));
      const { recalled, releases } = report;
      terminal.print(recalled ? `Recalled ${recalled.at} by ${printable(recalled.by)}: ${printable(recalled.reason)}` : 'Not recalled.');
      const rows = releases.map(({ releaseId, model, components, requests }) => [releaseId, printable(model), printable(components.join(' ')), String(requests)]);
      terminal.print(rows.length > 0 ? digestTable(terminal, ['release', 'model', 'as', 'requests'], rows, 3) : 'No release holds it.');
    });
}
