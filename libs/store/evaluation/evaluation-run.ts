import { type RunKind, type RunSpec, type RunState } from '#libs/evaluation/run/run';
import { type Sha256 } from '#libs/release/component';

/** Why a run has failed. */
export interface RunError {
  readonly reason: string;
  /** What of the run's order is at fault; null where it is not the order's fault. */
  readonly field: string | null;
  /** With the remedy. */
  readonly message: string;
}

export interface RunProgress {
  /** null until it is planned. */
  readonly steps: number | null;
  /** Of them, those whose part is there. */
  readonly stepsDone: number;
  /** Of those, the ones that this run did not have to measure. */
  readonly stepsKnown: number;
  /** Tokens run through all layers for it. */
  readonly rows: number;
  /** What is being done, for people. */
  readonly label: string | null;
}

/** A run of an evaluation, without its result. Times are epoch milliseconds. */
export interface EvaluationRun {
  readonly id: string;
  readonly spec: RunSpec;
  /** SHA-256 of the spec's canonical JSON: runs of equal digests have equal results. */
  readonly specDigest: Sha256;
  readonly state: RunState;
  /** Account that asked for it. */
  readonly requestedBy: string;
  readonly createdAtMs: number;
  readonly startedAtMs: number | null;
  readonly finishedAtMs: number | null;
  readonly progress: RunProgress;
  readonly error: RunError | null;
  /** SHA-256 of the result's text; null until it has succeeded. */
  readonly resultDigest: Sha256 | null;
}

/** What a run came to. */
export interface StoredResult {
  /** Canonical JSON. */
  readonly result: string;
  readonly resultDigest: Sha256;
  /** What the clock measured, as canonical JSON: not part of the result, as it differs each time. */
  readonly measured: string | null;
}

export interface RunRow {
  readonly id: string;
  readonly spec: string;
  readonly spec_digest: Sha256;
  readonly state: RunState;
  readonly requested_by: string;
  readonly created_at: Date;
  readonly started_at: Date | null;
  readonly finished_at: Date | null;
  readonly steps: number | null;
  readonly steps_done: number;
  readonly steps_measured: number;
  readonly rows: string;
  readonly label: string | null;
  readonly error: string | null;
  readonly result_digest: Sha256 | null;
}

export const RUN_COLUMNS = 'id, spec, spec_digest, state, requested_by, created_at, started_at, finished_at, steps, steps_done, steps_measured, rows, label, error, result_digest';

export function toRun(row: RunRow): EvaluationRun {
  return {
    id: row.id,
    spec: JSON.parse(row.spec) as RunSpec,
    specDigest: row.spec_digest,
    state: row.state,
    requestedBy: row.requested_by,
    createdAtMs: row.created_at.getTime(),
    startedAtMs: row.started_at?.getTime() ?? null,
    finishedAtMs: row.finished_at?.getTime() ?? null,
    progress: { steps: row.steps, stepsDone: row.steps_done, stepsKnown: row.steps_done - row.steps_measured, rows: Number(row.rows), label: row.label },
    error: row.error === null ? null : (JSON.parse(row.error) as RunError),
    resultDigest: row.result_digest,
  };
}

/** Which runs to list; all of what is given must fit. */
export interface RunFilter {
  readonly state?: RunState;
  readonly kind?: RunKind;
  /** Candidate or reference. */
  readonly release?: Sha256;
  readonly suite?: Sha256;
  /** Runs of an equal spec. */
  readonly specDigest?: Sha256;
}
