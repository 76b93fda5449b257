import { type ExpertMask } from '#libs/moe/expert-mask';
import { type HealthLimits } from '../../health/health-limits.ts';
import { type ExpertChange } from '../../health/release-health.ts';
import { type EngineLimits, type ExpertFigures, type ReleaseHealthReport } from '../engine.ts';
import { type Submission } from '../generation.ts';
import { type ReleaseManifest, type Sha256Paths } from '../release-source.ts';
import { type EnginePlan } from '../../forward/engine-plan.ts';
import { type PlacementCounts } from '../../placement/expert-placement.ts';
import { type StepReport } from '../step-report.ts';

/** What the worker thread is started with. */
export interface WorkerSettings {
  readonly limits: EngineLimits;
  /** Bound of the KV caches of all releases together. */
  readonly maxCacheBytes: number;
  /** DEFAULT_HEALTH_LIMITS unless given. */
  readonly health?: HealthLimits;
  /** Faults to inject, for a drill. */
  readonly faultFile?: string;
  /** Bound of what each release keeps of prompts, for others that begin alike; left out: nothing is kept. */
  readonly prefixCacheBytes?: number;
  /** Bound of the experts' memory of all releases together; left out: they all stay in memory. */
  readonly expertBytes?: number;
  /** How releases run; left out: a session for each expert, on the processor. */
  readonly plan?: EnginePlan;
}

export interface ReleaseMemory {
  readonly weightBytes: Readonly<Record<string, number>>;
  readonly cacheBytes: number;
}

/** Inference sessions of all releases: held now; made, and shared instead of being made, since the start. */
export interface SessionCounts {
  readonly resident: number;
  readonly made: number;
  readonly shared: number;
}

/** What came of a load. */
export interface LoadAnswer {
  readonly memory: ReleaseMemory;
  /** Of this release alone. */
  readonly sessions: { readonly made: number; readonly shared: number };
  readonly engineSessions: SessionCounts;
  readonly placement: PlacementCounts | null;
}

/** Calls that are answered, by name: what is asked and what comes back. */
export interface EngineCalls {
  load: { readonly ask: { readonly releaseId: string; readonly manifest: ReleaseManifest; readonly components: Sha256Paths }; readonly answer: LoadAnswer };
  unload: { readonly ask: { readonly releaseId: string }; readonly answer: SessionCounts };
  /** Answered when the next step will heed it. */
  quarantine: { readonly ask: { readonly releaseId: string; readonly mask: ExpertMask | null }; readonly answer: null };
  health: { readonly ask: { readonly releaseId: string }; readonly answer: ReleaseHealthReport };
  figures: { readonly ask: { readonly releaseId: string }; readonly answer: readonly ExpertFigures[] };
}

export type CallName = keyof EngineCalls;

export type ToWorker =
  | { [Name in CallName]: { readonly type: 'call'; readonly id: number; readonly name: Name; readonly ask: EngineCalls[Name]['ask'] } }[CallName]
  | { readonly type: 'generate'; readonly releaseId: string; readonly submission: Submission }
  | { readonly type: 'cancel'; readonly releaseId: string; readonly handle: number };

export type FromWorker =
  | { readonly type: 'answer'; readonly id: number; readonly value: EngineCalls[CallName]['answer'] }
  | { readonly type: 'refusal'; readonly id: number; readonly error: { readonly name: string; readonly message: string } }
  | { readonly type: 'notice'; readonly message: string }
  | { readonly type: 'expert'; readonly releaseId: string; readonly change: ExpertChange }
  | { readonly type: 'step'; readonly releaseId: string; readonly report: StepReport; readonly cacheBytes: number | null; readonly placement: PlacementCounts | null };

/** Milliseconds on the monotonic clock that all threads of a process share. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
