import { type ImportPosition } from '#libs/store/imports/import-jobs';
import { type AuditEntry } from '#libs/store/audit/audit-log';
import { type DerivationOrder, type ImportError, type ImportJob, type ImportOutcome, type ImportProgress } from '#libs/store/imports/import-job';

export const IMPORT_JOBS = Symbol('ImportJobs');
export const CHECKPOINT_IMPORTER = Symbol('CheckpointImporter');

export interface NewImport {
  readonly id: string;
  readonly directory: string;
  readonly model: string;
  /** As ordered; null: the stable release of the model, if there is one. */
  readonly parentRelease: string | null;
  readonly derivation?: DerivationOrder;
  readonly createdAtMs: number;
}

/** Where the state of imports is kept. A finished one no longer changes. */
export interface ImportJobsPort {
  /** With its audit entry, in one transaction. */
  create(job: NewImport, audit: AuditEntry): Promise<void>;
  progress(id: string, progress: ImportProgress): Promise<void>;
  succeed(id: string, outcome: ImportOutcome, atMs: number): Promise<void>;
  fail(id: string, error: ImportError, atMs: number): Promise<void>;
  find(id: string): Promise<ImportJob | null>;
  /** Newest first. */
  list(limit: number, after: ImportPosition | null): Promise<readonly ImportJob[]>;
  /** Whether another process imports at this moment. */
  othersRun(): Promise<boolean>;
  /** As `fail`, with its audit entry in the same transaction. */
  cancel(id: string, error: ImportError, atMs: number, audit: AuditEntry): Promise<void>;
}

export interface ImportOrder {
  readonly directory: string;
  readonly model: string;
  readonly activate: boolean;
  /** Release it was tuned from; without it, the stable release of the model. */
  readonly parent?: string;
  /** Why, for people. */
  readonly note?: string;
  /** Who ordered it, for the audit log: `key:<id>` or `system`. */
  readonly actor: string;
}

/** Turns a checkpoint folder into a stored release, and activates it where ordered. */
export interface CheckpointImporter {
  /** @throws CheckpointError for what is wrong with the checkpoint; the signal's reason when aborted */
  run(order: ImportOrder, signal: AbortSignal, onProgress: (progress: ImportProgress) => void): Promise<ImportOutcome>;
}
