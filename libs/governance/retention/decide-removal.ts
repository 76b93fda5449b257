/** What hangs on an evaluation run. */
export interface RunFacts {
  readonly isOpen: boolean;
  /** Numbers of change requests that have its result as evidence. */
  readonly changes: readonly number[];
  /** Protected experts whose protection rests on it, such as `toy 3/5`. */
  readonly protects: readonly string[];
  /** Models in which protected experts were taken away on its evidence. */
  readonly overrides: readonly string[];
  /** Models with a router and experts that are said to fit by its result. */
  readonly compatibility: readonly string[];
}

interface SuiteFacts {
  /** Runs of it, in any state. */
  readonly runs: number;
  /** Of them, those that have not ended. */
  readonly openRuns: number;
}

interface DatasetFacts {
  /** Names of suites that ask it. */
  readonly suites: readonly string[];
}

/** `names` is what stands in the way. */
type RemovalDecision<Reason extends string> = { readonly outcome: 'remove' } | { readonly outcome: 'keep'; readonly reason: Reason; readonly names: readonly string[] };
export type RunRemoval = RemovalDecision<'open' | 'evidence-of-change' | 'evidence-of-protection' | 'evidence-of-override' | 'evidence-of-compatibility'>;
export type SuiteRemoval = RemovalDecision<'open-runs' | 'runs'>;
export type DatasetRemoval = RemovalDecision<'suites'>;

const REMOVE = { outcome: 'remove' } as const;

/** Whether a run may go, on somebody's word or by age. What a decision was made on stays as long as the decision. */
export function decideRunRemoval({ isOpen, changes, protects, overrides, compatibility }: RunFacts): RunRemoval {
  if (isOpen) return { outcome: 'keep', reason: 'open', names: [] };
  if (changes.length > 0) return { outcome: 'keep', reason: 'evidence-of-change', names: changes.map(String) };
  if (protects.length > 0) return { outcome: 'keep', reason: 'evidence-of-protection', names: protects };
  if (overrides.length > 0) return { outcome: 'keep', reason: 'evidence-of-override', names: overrides };
  if (compatibility.length > 0) return { outcome: 'keep', reason: 'evidence-of-compatibility', names: compatibility };
  return REMOVE;
}

/** Whether a suite may go: its runs say what they measured by its digest. */
export function decideSuiteRemoval({ runs, openRuns }: SuiteFacts): SuiteRemoval {
  if (openRuns > 0) return { outcome: 'keep', reason: 'open-runs', names: [String(openRuns)] };
  if (runs > 0) return { outcome: 'keep', reason: 'runs', names: [String(runs)] };
  return REMOVE;
}

/** Whether a dataset may go: a suite without its items measures nothing. */
export function decideDatasetRemoval({ suites }: DatasetFacts): DatasetRemoval {
  return suites.length > 0 ? { outcome: 'keep', reason: 'suites', names: suites } : REMOVE;
}
