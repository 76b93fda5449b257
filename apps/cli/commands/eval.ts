import { type Command, InvalidArgumentError, Option } from 'commander';
import { EVIDENCE_KINDS, type EvidenceKind } from '#libs/governance/change/change-payload';
import { RUN_KINDS, RUN_STATES, type RunKind, type RunState } from '#libs/evaluation/run/run';
import { type ApiClient } from '../api/api-client.ts';
import { releaseInFull } from '../api/in-full.ts';
import { allPages } from '../api/pages.ts';
import { digestTable, printable } from '../render/plain-text.ts';
import { type Terminal } from '../terminal.ts';
import { EVAL_EXIT_HELP, guarded } from './eval-exit.ts';
import { type Evaluation, type Format, FORMATS, isEnded, startAndTell, type TellOptions, tellReport, waitAndTell } from './eval-run.ts';
import { addEvalRemoval } from './eval-remove.ts';
import { loadSuite } from './eval-suite.ts';

const MAX_SHOWN = 1000;

type Told = Omit<TellOptions, 'evidence'> & { readonly evidence: readonly EvidenceKind[]; readonly setting: Readonly<Record<string, unknown>> };

/** Adds `signalbox eval ...`. */
export function addEvalCommands(program: Command, terminal: Terminal, client: () => ApiClient): void {
  const group = program.command('eval').description('measure releases with suites of tests before they answer').addHelpText('after', EVAL_EXIT_HELP);
  told(group.command('run').argument('<suite>', 'YAML file of a suite, or the digest of one'))
    .description('evaluate a release, alone or against another one')
    .requiredOption('--candidate <release>', 'release that is evaluated')
    .option('--reference <release>', 'release that it is compared with; stable is the one that answers')
    .addOption(new Option('--kind <kind>', 'what is asked').choices([...RUN_KINDS]).default('suite'))
    .option('--attribute', 'where a gate fails, ask which part did it, and say so in the report')
    .action(
      guarded(async (suite: string, { kind, candidate, reference = null, setting, ...options }: Told & { kind: RunKind; candidate: string; reference?: string | null }) =>
        startAndTell(client(), terminal, { kind, candidate, reference, suite, settings: setting }, options)),
    );
  told(group.command('attribute').argument('<old>', 'release that was good').argument('<new>', 'release that got worse'))
    .description('tell whether the router, an expert or both made a release worse')
    .requiredOption('--suite <suite>', 'YAML file or digest; its likelihood tasks are read')
    .action(guarded(async (reference: string, candidate: string, { suite, setting, ...options }: Told & { suite: string }) => startAndTell(client(), terminal, { kind: 'attribution', candidate, reference, suite, settings: setting }, options)));
  for (const [kind, description, reads] of [
    ['privacy', 'measure how much the routes of a release tell of the text', 'likelihood'],
    ['concentration', 'find the experts that carry refusals', 'safety'],
    ['recalibration', 'measure what a bias on the selection would do to balance and quality', 'likelihood'],
  ] as const) {
    told(group.command(kind).argument('<release>', 'release that is looked at'))
      .description(description)
      .requiredOption('--suite <suite>', `YAML file or digest; its ${reads} tasks are read`)
      .action(guarded(async (candidate: string, { suite, setting, ...options }: Told & { suite: string }) => startAndTell(client(), terminal, { kind, candidate, reference: null, suite, settings: setting }, options)));
  }
  addReading(group, terminal, client);
  addEvalRemoval(group, terminal, client);
}

function addReading(group: Command, terminal: Terminal, client: () => ApiClient): void {
  group
    .command('list')
    .description('list evaluations, newest first')
    .addOption(new Option('--state <state>', 'only in this state').choices([...RUN_STATES]))
    .addOption(new Option('--kind <kind>', 'only of this kind').choices([...RUN_KINDS]))
    .option('--release <release>', 'only with this candidate or reference')
    .option('--json', 'as JSON')
    .action(guarded(async (options: { state?: RunState; kind?: RunKind; release?: string; json?: boolean }) => list(client(), terminal, options)));
  const show = group.command('show').argument('<evaluation-id>', 'from signalbox eval list');
  reported(show)
    .description('show an evaluation; its report once it has ended')
    .option('--wait', 'wait for it, and end with the exit code of its verdict')
    .action(
      guarded(async (id: string, { wait, ...options }: { wait?: boolean; format: Format; out: readonly string[] }) => {
        const api = client();
        if (wait) return waitAndTell(api, terminal, id, { ...options, evidence: [] });
        const run = await api.call('getEvaluation', { params: { evaluationId: id } });
        if (run.state === 'succeeded') return tellReport(api, terminal, run, options);
        terminal.print(options.format === 'json' ? JSON.stringify(run, null, 2) : runText(run));
      }),
    );
  reported(group.command('report').argument('<evaluation-id>', 'from signalbox eval list'))
    .description('print the report of an evaluation that has succeeded')
    .action(guarded(async (id: string, options: { format: Format; out: readonly string[] }) => tellReport(client(), terminal, { id }, options)));
  group
    .command('cancel')
    .argument('<evaluation-id>', 'from signalbox eval list')
    .description('cancel an evaluation; what it measured is kept')
    .action(guarded(async (evaluationId: string) => terminal.print(runText(await client().call('cancelEvaluation', { params: { evaluationId } })))));
  group
    .command('check')
    .argument('<suite>', 'YAML file of a suite')
    .description('check a suite and its datasets, without a server')
    .action(
      guarded(async (file: string) => {
        const { suite, digest, datasets } = await loadSuite(terminal, file);
        const lines = suite.tasks.map(({ id, kind, dataset, gates }) => `  ${id}: ${kind}, ${datasets.get(dataset)?.items ?? 'unknown'} items, ${gates.length} gates`);
        terminal.print([`${printable(suite.name)} is sound: ${digest}`, ...lines].join('\n'));
      }),
    );
}

async function list(api: ApiClient, terminal: Terminal, { json, release, ...filter }: { state?: RunState; kind?: RunKind; release?: string; json?: boolean }): Promise<void> {
  const query = { ...filter, ...(release === undefined ? {} : { release: await releaseInFull(api, release) }), limit: '200' };
  const { items, more } = await allPages((cursor) => api.call('listEvaluations', { query: { ...query, cursor } }), MAX_SHOWN);
  if (json) return terminal.print(JSON.stringify(items, null, 2));
  const rows = items.map((run) => [run.id, run.kind, run.state, run.verdict?.outcome ?? '', run.candidate, run.reference ?? '', printable(run.suiteName), run.createdAt.slice(0, 16).replace('T', ' ')]);
  terminal.print(rows.length > 0 ? digestTable(terminal, ['evaluation', 'kind', 'state', 'verdict', 'candidate', 'reference', 'suite', 'created (UTC)'], rows, 99) : 'No evaluation yet: signalbox eval run starts one.');
  if (more) terminal.note(`Only the first ${items.length} are shown; use --state, --kind or --release.`);
}

function runText(run: Evaluation): string {
  const { stepsDone, steps, rows } = run.progress;
  return [
    `Evaluation ${run.id}: ${run.kind}, ${run.state}`,
    `candidate ${run.candidate}`,
    ...(run.reference === null ? [] : [`reference ${run.reference}`]),
    `suite     ${run.suite} (${printable(run.suiteName)})`,
    `progress  ${stepsDone} of ${steps ?? 'unknown'} steps, ${rows} tokens through the model`,
    ...(run.error === null ? [] : [`error     ${printable(run.error.message)}`]),
    ...(isEnded(run) ? [] : [`Next: signalbox eval show ${run.id} --wait`]),
  ].join('\n');
}

function told(command: Command): Command {
  return reported(command)
    .option('--wait', 'wait for it, and end with the exit code of its verdict; implied by --out, --attach and --attribute')
    .option('--attach <change-id>', 'attach the result to a change request as evidence')
    .option('--evidence <kind>', `as which evidence: ${EVIDENCE_KINDS.join(', ')}; several times`, evidenceKind, [])
    .option('--setting <name=value>', 'a setting of the kind, such as seed=2; several times', settingOf, {})
    .addHelpText('after', EVAL_EXIT_HELP);
}

function reported(command: Command): Command {
  return command
    .addOption(new Option('--format <format>', 'of the report').choices([...FORMATS]).default('terminal'))
    .option('--out <file>', 'into a file, in the form that its name says: .md, .xml (JUnit), .json, .txt; several times', (file: string, before: readonly string[]) => [...before, file], []);
}

function evidenceKind(text: string, before: readonly EvidenceKind[]): readonly EvidenceKind[] {
  const kind = EVIDENCE_KINDS.find((one) => one === text);
  if (kind === undefined) throw new InvalidArgumentError(`Give ${EVIDENCE_KINDS.join(', ')}.`);
  return [...before, kind];
}

function settingOf(text: string, before: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const [, name, value] = /^([A-Za-z]\w*)=(.*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError('Give a name and a value, such as seed=2.');
  try {
    return { ...before, [name]: JSON.parse(value) as unknown };
  } catch {
    // A word needs no quotes.
    return { ...before, [name]: value };
  }
}
