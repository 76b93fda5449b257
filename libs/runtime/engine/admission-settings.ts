/** How the engine admits and orders requests. Left out in EngineLimits: fair between tenants of equal weight, nothing shed before the queue is full. */
export interface AdmissionSettings {
  /** `fair`: the least served tenant first; `arrival`: in order of arrival, and nothing refused but by the queue's length. */
  readonly order: 'fair' | 'arrival';
  /** Parts of the engine by tenant, positive; 1 for those that are not named. */
  readonly weights: Readonly<Record<string, number>>;
  /** A request that would wait longer is refused at once; null: none. */
  readonly queueTargetMs: number | null;
  /** Most of the queue's places that one tenant may hold, 0 to 1. */
  readonly tenantQueueShare: number;
  readonly repetition: RepetitionSettings;
}

/** What becomes of requests whose prompt runs through the same few experts again and again. */
export interface RepetitionSettings {
  /** `observe`: counted; `isolate`: its prompt runs in small pieces beside others'; `refuse`: ended; `off`: not looked for. */
  readonly action: 'off' | 'observe' | 'isolate' | 'refuse';
  /** Prompt tokens that must have run before it is judged. */
  readonly minTokens: number;
  /** Spread of its routing at or below which it counts as repetition, 0 to 1: see routingSpread in libs/stats. */
  readonly maxSpread: number;
}

export const DEFAULT_ADMISSION: AdmissionSettings = {
  order: 'fair',
  weights: {},
  queueTargetMs: null,
  tenantQueueShare: 1,
  repetition: { action: 'off', minTokens: 64, maxSpread: 0.25 },
};

/** Why a request is not taken. */
export type RefusalReason =
  /** No place in the queue. */
  | 'queue-full'
  /** This tenant's part of the queue is full. */
  | 'tenant-queue'
  /** It would wait too long, because of what this tenant itself has waiting. */
  | 'tenant-delay'
  /** It would wait too long. */
  | 'queue-delay'
  /** Its answer would be late at the present pace. */
  | 'deadline';

/** Why a request was ended by the engine itself. */
export type EndReason =
  /** Its deadline passed, or could no longer be met when its turn came. */
  | 'deadline'
  /** Its prompt is a repetition, and those are refused. */
  | 'repetition';

/** What admission says of itself. */
export interface AdmissionFigures {
  /** Requests refused since the start, by reason. */
  readonly refused: Readonly<Record<RefusalReason, number>>;
  /** Requests ended by the engine since the start, by reason. */
  readonly ended: Readonly<Record<EndReason, number>>;
  /** Requests whose prompt was found to be a repetition, whatever became of them. */
  readonly repetitions: number;
  /** Work done in a second while requests waited, in prompt tokens; null before any did. */
  readonly workPerSecond: number | null;
  /** What a request of a tenant without any would wait now; null while the pace is not known. */
  readonly waitMs: number | null;
  readonly tenantsWaiting: number;
  /** Part of the waiting work that belongs to the tenant with the most, 0 to 1. No tenant is named: figures are read without a key. */
  readonly largestBacklogShare: number;
}
