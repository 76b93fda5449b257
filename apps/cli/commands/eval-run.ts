import { extname, resolve } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { type RunKind } from '#libs/evaluation/run/run';
import { type EvidenceKind } from '#libs/governance/change/change-payload';
import { type ApiClient, type CallOutput } from '../api/api-client.ts';
import { CliError, EXIT } from '../api/exit-code.ts';
import { releaseInFull } from '../api/in-full.ts';
import { refusal } from '../api/refusal.ts';
import { pause } from '../pause.ts';
import { progressBar } from '../progress-bar.ts';
import { printable } from '../render/plain-text.ts';
import { type Terminal } from '../terminal.ts';
import { endBy } from './eval-exit.ts';
import { suiteOnServer } from './eval-suite.ts';

export type Evaluation = CallOutput<'getEvaluation'>;
export const FORMATS = ['terminal', 'markdown', 'junit', 'json'] as const;
export type Format = (typeof FORMATS)[number];

/** What a run tells, and whom. */
export interface TellOptions {
  readonly wait?: boolean;
  readonly format: Format;
  /** Files; the form follows from their names. */
  readonly out: readonly string[];
  /** Change request that gets the result as evidence. */
  readonly attach?: string;
  readonly evidence: readonly EvidenceKind[];
  /** Whether a failed comparison is followed by an attribution. */
  readonly attribute?: boolean;
}

interface RunOrder {
  readonly kind: RunKind;
  readonly candidate: string;
  readonly reference: string | null;
  /** A file, or a digest. */
  readonly suite: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** As which evidence a result counts where nothing else is said. */
const EVIDENCE: Readonly<Record<RunKind, EvidenceKind>> = { suite: 'evaluation', attribution: 'attribution', concentration: 'safety-suite', privacy: 'data-protection', recalibration: 'recalibration-check' };
const FIRST_POLL_MS = 250;
const LAST_POLL_MS = 2000;

/** Starts a run, and unless it is to be left alone waits for it and tells what it found. @throws CliError unless its gates hold */
export async function startAndTell(api: ApiClient, terminal: Terminal, order: RunOrder, options: TellOptions): Promise<void> {
  const candidate = await releaseInFull(api, order.candidate);
  const reference = order.reference === 'stable' ? await stableOf(api, candidate) : order.reference === null ? null : await releaseInFull(api, order.reference);
  const suite = await suiteOnServer(api, terminal, order.suite);
  const started = await api.call('createEvaluation', { body: { kind: order.kind, candidate, reference, suite, settings: { ...order.settings } } });
  terminal.note(`Evaluation ${started.id}${started.cached ? ' is known: nothing is measured anew' : ` is ${started.state}`}.`);
  const isWaited = options.wait === true || options.out.length > 0 || options.attach !== undefined || options.attribute === true;
  if (!isWaited && !isEnded(started)) return terminal.print(`${started.id}\n${goOn(started.id)}`);
  await waitAndTell(api, terminal, started.id, options);
}

/** Waits for a run, tells what it found, attaches it, and ends as its verdict has it. */
export async function waitAndTell(api: ApiClient, terminal: Terminal, id: string, options: TellOptions): Promise<void> {
  const ended = await waited(api, terminal, id);
  if (options.attribute === true) await attributed(api, terminal, ended);
  await tellReport(api, terminal, ended, options);
  if (options.attach !== undefined) await attach(api, terminal, ended, options.attach, options.evidence);
  endBy(ended);
}

/** Prints the report, or writes it into files. */
export async function tellReport(api: ApiClient, terminal: Terminal, { id }: Pick<Evaluation, 'id'>, { format, out }: Pick<TellOptions, 'format' | 'out'>): Promise<void> {
  for (const file of out) {
    await writeFile(resolve(terminal.workingDir, file), await reportIn(api, id, formatOf(file) ?? format));
    terminal.note(`${file} holds the report.`);
  }
  // Who asks for a form on standard output gets it there as well.
  if (out.length === 0 || format === 'terminal') terminal.print((await reportIn(api, id, format)).trimEnd());
}

async function reportIn(api: ApiClient, id: string, format: Format): Promise<string> {
  if (format === 'json') return `${JSON.stringify(await api.call('getEvaluation', { params: { evaluationId: id } }), null, 2)}\n`;
  const answer = await api.request(`/api/v1/evaluations/${encodeURIComponent(id)}/report?format=${format === 'terminal' ? 'text' : format}`);
  if (answer.ok) return answer.text();
  throw refusal(answer.status, await answer.json().catch(() => null));
}

function formatOf(file: string): Format | null {
  const formats: Readonly<Record<string, Format>> = { '.md': 'markdown', '.markdown': 'markdown', '.xml': 'junit', '.json': 'json', '.txt': 'terminal' };
  return formats[extname(file).toLowerCase()] ?? null;
}

async function waited(api: ApiClient, terminal: Terminal, id: string): Promise<Evaluation> {
  const bar = progressBar(terminal, terminal.isTty, (count) => `${count} steps`);
  try {
    for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(LAST_POLL_MS, pollMs * 1.5)) {
      const run = await api.call('getEvaluation', { params: { evaluationId: id } });
      const { stepsDone, steps, label } = run.progress;
      bar.update(stepsDone, steps ?? 0, terminal.isTty ? printable(label ?? run.state) : run.state);
      if (run.state === 'succeeded') return run;
      if (isEnded(run)) throw new CliError(EXIT.failed, run.error === null ? `Evaluation ${id} was cancelled.` : `Evaluation ${id} failed: ${printable(run.error.message)}`);
      await pause(pollMs, terminal.signal);
    }
  } catch (error) {
    if (terminal.signal.aborted) terminal.note(`The run goes on.\n${goOn(id)}`);
    throw error;
  } finally {
    bar.stop();
  }
}

/** After a comparison that failed: which part did it. What it finds stands in the report of the comparison. */
async function attributed(api: ApiClient, terminal: Terminal, { kind, reference, candidate, suite, verdict }: Evaluation): Promise<void> {
  if (kind !== 'suite' || reference === null || verdict?.outcome !== 'fail') return;
  terminal.note('A gate failed: asking which part did it.');
  try {
    const { id } = await api.call('createEvaluation', { body: { kind: 'attribution', candidate, reference, suite } });
    await waited(api, terminal, id);
  } catch (error) {
    if (terminal.signal.aborted || !(error instanceof CliError)) throw error;
    // The verdict stands without it.
    terminal.note(`No attribution: ${error.message}`);
  }
}

async function attach(api: ApiClient, terminal: Terminal, { id, kind }: Evaluation, changeId: string, kinds: readonly EvidenceKind[]): Promise<void> {
  for (const evidence of kinds.length > 0 ? kinds : [EVIDENCE[kind]]) {
    const { number, blockers, evidence: all } = await api.call('attachEvaluation', { params: { changeId }, headers: {}, body: { evaluationId: id, kind: evidence } });
    const missing = blockers.flatMap((blocker) => (blocker.evidence === undefined ? [] : [blocker.evidence]));
    terminal.note(`Attached to change ${number} as ${evidence} (${all.at(-1)?.sha256.slice(0, 12) ?? ''}). ${missing.length === 0 ? 'No evidence is missing.' : `Still missing: ${missing.join(', ')}.`}`);
  }
}

async function stableOf(api: ApiClient, candidate: string): Promise<string> {
  const { manifest } = await api.call('getRelease', { params: { releaseId: candidate } });
  const { releaseId } = await api.call('getActivation', { params: { model: manifest.model } });
  if (releaseId === null) throw new CliError(EXIT.notFound, `No release answers for ${manifest.model}: name one by --reference.`);
  return releaseId;
}

export function isEnded({ state }: Pick<Evaluation, 'state'>): boolean {
  return state !== 'queued' && state !== 'running';
}

function goOn(id: string): string {
  return `  signalbox eval show ${id} --wait   waits for it and tells what it found\n  signalbox eval cancel ${id}        cancels it`;
}
