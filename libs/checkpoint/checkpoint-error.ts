/** Stable codes of what can be wrong with a checkpoint; part of the API. */
export type CheckpointReason =
  | 'not-a-directory'
  | 'unreadable-file'
  | 'file-too-large'
  | 'missing-config'
  | 'missing-tokenizer'
  | 'missing-weights'
  | 'malformed-json'
  | 'malformed-config'
  | 'malformed-tokenizer'
  | 'malformed-index'
  | 'malformed-weights'
  | 'malformed-model-name'
  | 'unknown-architecture'
  | 'unsupported-setting'
  | 'outside-folder'
  | 'missing-shard'
  | 'truncated-file'
  | 'hostile-header-length'
  | 'missing-tensor'
  | 'misshapen-tensor'
  | 'unknown-dtype'
  | 'not-finite'
  | 'changed-during-import';

export interface CheckpointErrorPlace {
  /** File at fault, relative to the checkpoint's folder. */
  readonly file?: string;
  readonly tensor?: string;
  /** Field of a JSON file, e.g. `rope_scaling.type`. */
  readonly field?: string;
}

/** The checkpoint cannot be imported. The message says what is wrong, where, and what to do. */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';
  readonly reason: CheckpointReason;
  readonly file: string | null;
  readonly tensor: string | null;
  readonly field: string | null;

  constructor(reason: CheckpointReason, place: CheckpointErrorPlace, message: string) {
    super(message);
    this.reason = reason;
    this.file = place.file ?? null;
    this.tensor = place.tensor ?? null;
    this.field = place.field ?? null;
  }
}
