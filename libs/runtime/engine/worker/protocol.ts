import { type EngineLimits, type ExpertFigures } from '../engine.ts';
import { type Submission } from '../generation.ts';
import { type ReleaseManifest, type Sha256Paths } from '../release-source.ts';
import { type StepReport } from '../step-report.ts';

/** What the worker thread is started with. */
export interface WorkerSettings {
  /** Folder for the ONNX graphs built from components. */
  readonly plansDirectory: string;
  readonly limits: EngineLimits;
  /** Bound of each release's KV caches. */
  readonly maxCacheBytes: number;
}

export interface ReleaseMemory {
  readonly weightBytes: Readonly<Record<string, number>>;
  readonly cacheBytes: number;
}

/** Calls that are answered, by name: what is asked and what comes back. */
export interface EngineCalls {
  load: { readonly ask: { readonly releaseId: string; readonly manifest: ReleaseManifest; readonly components: Sha256Paths }; readonly answer: ReleaseMemory };
  unload: { readonly ask: { readonly releaseId: string }; readonly answer: null };
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
  | { readonly type: 'step'; readonly releaseId: string; readonly report: StepReport; readonly memory: ReleaseMemory | null };

/** Milliseconds on the monotonic clock that all threads of a process share. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
