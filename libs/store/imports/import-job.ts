export type ImportStatus = 'queued' | 'running' | 'succeeded' | 'failed';

export interface ImportProgress {
  readonly stage: string;
  readonly doneBytes: number;
  readonly totalBytes: number;
}

/** What a release is to be made of another one, as ordered. */
export type DerivationOrder =
  | { readonly kind: 'quantise'; readonly precision: 'int8' | 'int4'; readonly components: 'experts' | 'experts-and-backbone' | readonly string[] }
  | { readonly kind: 'densify'; readonly model: string; readonly expertsPerLayer: number; readonly experts?: readonly (readonly number[])[] | undefined };

/** Why an import failed, in the words of its checks. */
export interface ImportError {
  readonly code: string;
  readonly message: string;
  readonly field?: string;
}

/** What an import made. */
export interface ImportOutcome {
  readonly releaseId: string;
  /** What it changes against its parent, in one line. */
  readonly summary: string;
  /** What was left out and may matter, as sentences. */
  readonly warnings: readonly string[];
}

/** A checkpoint import or the derivation of a release, past or under way. Times are epoch milliseconds. */
export interface ImportJob {
  readonly id: string;
  /** The checkpoint's folder; of a derivation `release/<id>`. */
  readonly directory: string;
  readonly model: string;
  readonly status: ImportStatus;
  readonly progress: ImportProgress | null;
  readonly error: ImportError | null;
  readonly releaseId: string | null;
  /** Release it was tuned from, as ordered. */
  readonly parentRelease: string | null;
  /** null for the import of a folder. */
  readonly derivation: DerivationOrder | null;
  /** null until it has succeeded. */
  readonly summary: string | null;
  /** Empty until it has succeeded. */
  readonly warnings: readonly string[];
  readonly createdAtMs: number;
  readonly finishedAtMs: number | null;
}
