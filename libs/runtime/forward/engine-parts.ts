import { type loadTokenizer } from '../tokenizer/text-tokenizer.ts';
import { ExpertPlacement } from '../placement/expert-placement.ts';
import { ExpertRecords } from '../health/expert-records.ts';
import { type FaultInjection } from '../faults/fault-injection.ts';
import { CacheMemory } from './cache-memory.ts';
import { type ComponentWeights } from './component-weights.ts';
import { type EmbeddingTable } from './embedding.ts';
import { SharedParts } from './shared-parts.ts';
import { StepPacer } from './step-pacer.ts';
import { type RunClock, type TimedSession } from './timed-session.ts';

/** What the releases of one engine hold in common. */
export interface EngineParts {
  /** Headers of component files, by version and name. */
  readonly headers: SharedParts<ComponentWeights>;
  readonly sessions: SharedParts<TimedSession>;
  readonly embeddings: SharedParts<EmbeddingTable>;
  readonly tokenizers: SharedParts<ReturnType<typeof loadTokenizer>>;
  readonly cacheMemory: CacheMemory;
  readonly pacer: StepPacer;
  readonly clock: RunClock;
  readonly experts: ExpertRecords;
  /** What is kept of prompts, by release; clear says whether there was anything. */
  readonly prefixes: Set<{ clear(): boolean }>;
  /** null: nothing is injected. */
  readonly faults: FaultInjection | null;
  /** null: all experts stay in memory. */
  readonly placement: ExpertPlacement | null;
}

interface PartsOptions {
  readonly faults?: FaultInjection | null;
  /** Bound of the experts of all releases together; null: none. */
  readonly expertBytes?: number | null;
}

/** @param maxCacheBytes bound of the KV caches of all releases together */
export function newEngineParts(maxCacheBytes: number, { faults = null, expertBytes = null }: PartsOptions = {}): EngineParts {
  return {
    headers: new SharedParts(),
    sessions: new SharedParts((session) => session.release()),
    embeddings: new SharedParts(),
    tokenizers: new SharedParts(),
    cacheMemory: new CacheMemory(maxCacheBytes),
    pacer: new StepPacer(),
    clock: { lastEndMs: 0 },
    experts: new ExpertRecords(),
    prefixes: new Set(),
    faults,
    placement: expertBytes === null ? null : new ExpertPlacement(expertBytes, () => performance.now()),
  };
}
