import { basename, resolve } from 'node:path';
import { type ApiClient, type CallOutput } from '../api/api-client.ts';
import { connect } from '../api/connection.ts';
import { CliError, EXIT } from '../api/exit-code.ts';
import { releaseInFull } from '../api/in-full.ts';
import { pause } from '../pause.ts';
import { progressBar } from '../progress-bar.ts';
import { bytes, printable } from '../render/plain-text.ts';
import { type Terminal } from '../terminal.ts';

const POLL_MS = 300;

export interface ImportOptions {
  readonly model?: string;
  readonly activate?: boolean;
  readonly parent?: string;
  readonly note?: string;
}

/** Has the server import a folder, shows how far it is, and cancels the import on Ctrl-C. */
export async function importCheckpoint(client: ApiClient, terminal: Terminal, directory: string, options: ImportOptions): Promise<void> {
  const absolute = resolve(terminal.workingDir, directory);
  const model = options.model ?? basename(absolute);
  const begun = await client.call('createImport', { body: { directory: absolute, model, activate: options.activate ?? false, ...(options.parent === undefined ? {} : { parent: await releaseInFull(client, options.parent) }), ...(options.note === undefined ? {} : { note: options.note }) } });
  const job = await followImport(client, terminal, begun, 'import');
  terminal.print(`Imported ${model} as release ${job.releaseId ?? ''}.`);
  if (job.summary !== null) terminal.print(printable(job.summary));
  for (const warning of job.warnings) terminal.note(`${terminal.colors.yellow('warning:')} ${printable(warning)}`);
  await tellWhatNext(client, terminal, model, job.releaseId ?? '');
}

type Job = CallOutput<'getImport'>;

/** Shows how far a job is until it has ended, and cancels it on Ctrl-C. @throws CliError where it did not succeed */
export async function followImport(client: ApiClient, terminal: Terminal, begun: Job, what: string): Promise<Job> {
  let job = begun;
  const bar = progressBar(terminal, terminal.isTty, bytes);
  try {
    while (job.state === 'queued' || job.state === 'running') {
      bar.update(job.progress.doneBytes, job.progress.totalBytes, job.progress.phase);
      await pause(POLL_MS, terminal.signal);
      job = await client.call('getImport', { params: { importId: job.id } });
    }
  } catch (error) {
    bar.stop();
    if (terminal.signal.aborted) await cancel(terminal, job.id);
    throw error;
  }
  bar.stop();
  if (job.state !== 'succeeded') throw new CliError(EXIT.failed, `The ${what} ${job.state}${job.error ? `: ${job.error.message}` : '.'}`);
  return job;
}

/** Whether the new release answers, and if not, how to let it. */
export async function tellWhatNext(client: ApiClient, terminal: Terminal, model: string, releaseId: string): Promise<void> {
  const { items } = await client.call('listModels', { query: { limit: '200' } });
  const serving = items.find((one) => one.model === model)?.releaseId === releaseId;
  if (serving) return terminal.print(`It is activated: ${model} answers with it as soon as it is loaded.`);
  const next = items.some((one) => one.model === model && one.releaseId !== null) ? [`signalbox releases diff ${releaseId}`, `signalbox canary start ${releaseId} --model ${model} --share 0.05`] : [`signalbox activate ${releaseId} --model ${model}`];
  terminal.print(['It does not answer yet. Next:', ...next.map((command) => `  ${command}`)].join('\n'));
}

/** With a signal of its own, as the command's is used up. */
async function cancel(terminal: Terminal, importId: string): Promise<void> {
  terminal.note('Cancelling the import ...');
  const client: ApiClient = connect(terminal.env, AbortSignal.timeout(10_000));
  await client.call('cancelImport', { params: { importId } });
  terminal.note('Cancelled. What it had written is kept: the same import goes on from there.');
}
