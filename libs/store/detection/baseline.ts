export type BaselineState = 'freezing' | 'ready' | 'failed' | 'cancelled';

/** Labels that cut the traffic; a request belongs to the segment when it carries all of them. */
export type SegmentLabels = Readonly<Partial<Record<'tenant' | 'task' | 'language', string>>>;

export interface BaselineOptions {
  /** Requests drawn for all traffic, and again for each segment. */
  readonly sampleRequests: number;
  readonly segments: readonly SegmentLabels[];
  /** Known mixes: a shift that a mixture of them explains raises no alarm. */
  readonly mixByHour: boolean;
  readonly mixBySegment: 'tenant' | 'task' | 'language' | null;
  /** Adopted as soon as it is frozen, unless the model has one by then: only for the first one of a model. */
  readonly adoptFirst: boolean;
}

/** Frozen reference traffic of a release, without its bytes. */
export interface Baseline {
  readonly id: string;
  readonly model: string;
  readonly releaseId: string;
  readonly layers: number;
  readonly experts: number;
  readonly state: BaselineState;
  /** Counts the changes of this row that people make, from 1. */
  readonly generation: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly options: BaselineOptions;
  /** Layers that are frozen, of `layers`. */
  readonly layersDone: number;
  /** Requests that it stands on. */
  readonly requests: number;
  /** Estimated from the traffic when it was frozen; null until then. */
  readonly requestsPerMonth: number | null;
  /** Wealth at which its streams raise an alarm, fixed when it was frozen; null until then. */
  readonly threshold: number | null;
  /** What is worth knowing: why it failed, or that it is small. */
  readonly note: string | null;
  readonly createdBy: string;
  /** Accounts that handed out the key with which it was asked for. */
  readonly createdByIssuers: readonly string[];
  readonly createdAtMs: number;
  readonly endedAtMs: number | null;
  readonly adoptedAtMs: number | null;
  readonly adoptedBy: string | null;
  readonly adoptedReason: string | null;
}

export type NewBaseline = Pick<Baseline, 'id' | 'model' | 'releaseId' | 'layers' | 'experts' | 'fromMs' | 'toMs' | 'options' | 'createdBy' | 'createdByIssuers' | 'createdAtMs'>;

export interface BaselineRow {
  readonly id: string;
  readonly model: string;
  readonly release: string;
  readonly layers: number;
  readonly experts: number;
  readonly state: BaselineState;
  readonly generation: number;
  readonly from_at: Date;
  readonly to_at: Date;
  readonly options: BaselineOptions;
  readonly layers_done: number;
  readonly requests: number;
  readonly requests_per_month: number | null;
  readonly threshold: number | null;
  readonly note: string | null;
  readonly created_by: string;
  readonly created_by_issuers: readonly string[];
  readonly created_at: Date;
  readonly ended_at: Date | null;
  readonly adopted_at: Date | null;
  readonly adopted_by: string | null;
  readonly adopted_reason: string | null;
}

export const BASELINE_COLUMNS = `id, model, release, layers, experts, state, generation, from_at, to_at, options, layers_done, requests, requests_per_month, threshold, note,
  created_by, created_by_issuers, created_at, ended_at, adopted_at, adopted_by, adopted_reason`;

export function toBaseline(row: BaselineRow): Baseline {
  return {
    id: row.id,
    model: row.model,
    releaseId: row.release,
    layers: row.layers,
    experts: row.experts,
    state: row.state,
    generation: row.generation,
    fromMs: row.from_at.getTime(),
    toMs: row.to_at.getTime(),
    options: row.options,
    layersDone: row.layers_done,
    requests: row.requests,
    requestsPerMonth: row.requests_per_month,
    threshold: row.threshold,
    note: row.note,
    createdBy: row.created_by,
    createdByIssuers: row.created_by_issuers,
    createdAtMs: row.created_at.getTime(),
    endedAtMs: row.ended_at?.getTime() ?? null,
    adoptedAtMs: row.adopted_at?.getTime() ?? null,
    adoptedBy: row.adopted_by,
    adoptedReason: row.adopted_reason,
  };
}

/** The baseline that a release is watched against: its own, or else the last adopted one of its model if the shapes agree. */
export function baselineInForce(adopted: readonly Baseline[], model: string, releaseId: string, shape: { readonly layers: number; readonly experts: number }): Baseline | null {
  const fitting = adopted.filter((one) => one.model === model && one.threshold !== null && one.layers === shape.layers && one.experts === shape.experts);
  const own = fitting.find((one) => one.releaseId === releaseId);
  return own ?? fitting.toSorted((a, b) => (b.adoptedAtMs ?? 0) - (a.adoptedAtMs ?? 0))[0] ?? null;
}
