import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { type ImportError, type ImportOutcome, type ImportProgress } from '#libs/store/imports/import-job';
import { type AuditEntry } from '#libs/store/audit/audit-log';
import { messageOf } from '#libs/platform/errors/error-code';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { CHECKPOINT_IMPORTER, type CheckpointImporter, IMPORT_JOBS, type ImportJobsPort, type ImportOrder } from './import-ports.ts';

/** Makes a release. @throws the signal's reason when aborted */
type ReleaseWork = (signal: AbortSignal, onProgress: (progress: ImportProgress) => void) => Promise<ImportOutcome>;

/** Progress is written at most this often. */
const PROGRESS_STEP_MS = 250;
/** Imports waiting or running at most. */
export const MAX_OPEN_IMPORTS = 16;

export const INTERRUPTED: ImportError = {
  code: 'interrupted',
  message: 'The server stopped during this import. Post it again: what it had written is kept, and it goes on from there.',
};
const CANCELLED: ImportError = { code: 'cancelled', message: 'Cancelled on request.' };

class Cancelled extends Error {}
class Stopping extends Error {}

/** Runs imports one at a time, in order; each can be cancelled. */
@Injectable()
export class ImportRunner implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #log = new Logger(ImportRunner.name);
  readonly #open = new Map<string, AbortController>();
  #last: Promise<void> = Promise.resolve();

  constructor(
    @Inject(IMPORT_JOBS) private readonly jobs: ImportJobsPort,
    @Inject(CHECKPOINT_IMPORTER) private readonly importer: CheckpointImporter,
    @Inject(CONTROL_SETTINGS) private readonly settings: ControlSettings,
  ) {}

  /** What a former process left unfinished will not end by itself. */
  async onApplicationBootstrap(): Promise<void> {
    // Then what is unfinished may well be alive; the next start without one tells.
    if (await this.jobs.othersRun()) return;
    for (const { id, finishedAtMs } of await this.jobs.list(1000, null)) {
      if (finishedAtMs === null && !this.#open.has(id)) await this.jobs.fail(id, INTERRUPTED, this.settings.now());
    }
  }

  async onApplicationShutdown(): Promise<void> {
    for (const controller of this.#open.values()) controller.abort(new Stopping());
    await this.#last;
  }

  get openImports(): number {
    return this.#open.size;
  }

  start(id: string, order: ImportOrder): void {
    this.startWork(id, (signal, onProgress) => this.importer.run(order, signal, onProgress));
  }

  /** The same for other work that makes a release. */
  startWork(id: string, work: ReleaseWork): void {
    const controller = new AbortController();
    this.#open.set(id, controller);
    this.#last = this.#last.then(() => this.#run(id, work, controller.signal)).finally(() => this.#open.delete(id));
  }

  /** False when it is not waiting or running here. Resolves once the import has let go. */
  async cancel(id: string, audit: AuditEntry): Promise<boolean> {
    const controller = this.#open.get(id);
    if (!controller) return false;
    controller.abort(new Cancelled());
    // At once, so that the answer already says so; what the import reports later changes nothing.
    await this.jobs.cancel(id, CANCELLED, audit.atMs, audit);
    return true;
  }

  async #run(id: string, work: ReleaseWork, signal: AbortSignal): Promise<void> {
    const writer = new ProgressWriter(id, this.jobs, this.settings.now);
    try {
      signal.throwIfAborted();
      const outcome = await work(signal, (progress) => writer.note(progress));
      await writer.settle();
      await this.jobs.succeed(id, outcome, this.settings.now());
    } catch (error) {
      await writer.settle();
      if (signal.aborted) return;
      if (!isFaultOfOrder(error)) this.#log.error(error);
      await this.jobs.fail(id, failureOf(error), this.settings.now()).catch((reason: unknown) => this.#log.error(reason));
    }
  }
}

/** Writes the latest progress, one write at a time. */
class ProgressWriter {
  #writing: Promise<void> = Promise.resolve();
  #nextMs = 0;
  #phase = '';

  constructor(
    private readonly id: string,
    private readonly jobs: Pick<ImportJobsPort, 'progress'>,
    private readonly now: () => number,
  ) {}

  note(progress: ImportProgress): void {
    const nowMs = this.now();
    if (nowMs < this.#nextMs && progress.stage === this.#phase) return;
    this.#nextMs = nowMs + PROGRESS_STEP_MS;
    this.#phase = progress.stage;
    // Progress is for people: an import must not fail for it.
    this.#writing = this.#writing.then(() => this.jobs.progress(this.id, progress)).catch(() => undefined);
  }

  async settle(): Promise<void> {
    await this.#writing;
  }
}

interface FaultOfOrder {
  readonly reason: string;
  readonly file?: string | null;
  readonly field?: string | null;
}

/** What is wrong with a checkpoint, or with the release that another is made of: no fault of the server. */
function isFaultOfOrder(error: unknown): error is Error & FaultOfOrder {
  return error instanceof Error && (error.name === 'CheckpointError' || error.name === 'DeriveError');
}

function failureOf(error: unknown): ImportError {
  if (!isFaultOfOrder(error)) return { code: 'internal_error', message: `The import failed on the server: ${messageOf(error)}` };
  return { code: error.reason, message: error.message, ...(error.field ? { field: error.field } : {}) };
}
