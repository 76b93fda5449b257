import { type Signal } from './reading.ts';

/** What a signal is, for whoever writes a rule or reads a finding. */
export interface SignalFacts {
  /** What it means when it fires, as the beginning of a sentence. */
  readonly meaning: string;
  /** Of its value; empty where it is a plain ratio or count. */
  readonly unit: string;
  /** What the value is. */
  readonly definition: string;
  /** On which side of a limit it is worse. */
  readonly worse: 'above' | 'below';
  /** Whether a sequential test of its own must alarm too. */
  readonly hasTest: boolean;
  /** Whether it compares with a baseline, and says nothing without one. */
  readonly needsBaseline: boolean;
  /** Labels of its readings. */
  readonly labels: readonly string[];
}

const OF_LAYER = ['model', 'release', 'layer'] as const;
const OF_EXPERT = [...OF_LAYER, 'expert'] as const;
const SEGMENT = ['tenant', 'task', 'language'] as const;
const plain = { unit: '', worse: 'above', hasTest: false, needsBaseline: false } as const;

/** One for each signal. docs/feedback.md and docs/detection.md say how each is measured. */
export const SIGNAL_FACTS: Readonly<Record<Signal, SignalFacts>> = {
  'mix-shift': {
    meaning: 'The traffic changed: its requests use the experts otherwise than the baseline, while each kind of request is routed as before', unit: 'bits', worse: 'above', hasTest: true, needsBaseline: true,
    definition: 'How far the use of the experts of a layer is from the baseline because other tokens come: divergence in bits, bias-corrected; 0 is as before.', labels: [...OF_LAYER, ...SEGMENT],
  },
  'router-shift': {
    meaning: 'The router changed: the same traffic is routed otherwise than in the baseline', unit: 'bits', worse: 'above', hasTest: true, needsBaseline: true,
    definition: 'How far the same tokens go elsewhere than in the baseline: divergence in bits, bias-corrected; 0 is as before.', labels: [...OF_LAYER, ...SEGMENT],
  },
  collapse: { ...plain, meaning: 'Routing collapses onto a few experts', worse: 'below', definition: 'Effective experts of a layer over all its experts; 1 is even use, 1/E is one expert for everything.', labels: [...OF_LAYER, ...SEGMENT] },
  'low-entropy': { ...plain, meaning: 'Usage spreads over fewer experts than before', unit: 'bits', needsBaseline: true, definition: 'Bits of entropy of expert use that a layer lost against the baseline; 0 is as before.', labels: [...OF_LAYER, ...SEGMENT] },
  'dead-expert': { ...plain, meaning: 'An expert is hardly chosen any more', definition: 'Load that is missing from the expert, where 1 is an equal share; 0 when it is chosen.', labels: OF_EXPERT },
  'waking-expert': { ...plain, meaning: 'An expert that slept is chosen again', needsBaseline: true, definition: 'Load of an expert that was dormant in the baseline, where 1 is an equal share.', labels: OF_EXPERT },
  'hot-expert': { ...plain, meaning: 'An expert takes far more than its share', unit: 'times its share', definition: 'Load of the expert over an equal share; told from 2 on, of the three busiest of a layer.', labels: OF_EXPERT },
  'slow-expert': { ...plain, meaning: 'An expert is much slower than the others', unit: 'times the others', definition: 'Latency of the expert over the median of its layer and over its own past, the smaller one.', labels: OF_EXPERT },
  'expert-unavailable': { ...plain, meaning: 'An expert does not serve', definition: 'Share of the inference processes in which the expert is in quarantine or its circuit breaker is open, 0 to 1; a quarantine counts as all of them.', labels: OF_EXPERT },
  'dropped-tokens': { ...plain, meaning: 'Decisions are dropped or rerouted because experts are full', definition: 'Share of routing decisions that were dropped, rerouted or served by fallback, 0 to 1.', labels: [...OF_LAYER, ...SEGMENT] },
  'degraded-share': { ...plain, meaning: 'Decisions are served otherwise because experts are out of service', definition: 'Share of routing decisions that went another way because experts were out of service, 0 to 1; all of those of a request that the dense model answered count.', labels: ['model', 'release'] },
  'low-confidence': { ...plain, meaning: 'The router is less sure of its choices than before', needsBaseline: true, definition: 'Mean weight of the first expert that was lost against the baseline, 0 to 1; 0 is as before.', labels: [...OF_LAYER, ...SEGMENT] },
  quality: { ...plain, meaning: 'Answers that went this way are rated worse', worse: 'below', hasTest: true, definition: 'Mean score of answers that went by the expert less that of the others, -1 to 1; below 0 is worse.', labels: OF_EXPERT },
  'data-rule-refusals': { ...plain, meaning: 'Requests are refused because of data-handling rules', definition: 'Share of requests that data rules refused because no expert was left, 0 to 1.', labels: ['model', 'release'] },
  'no-data': { ...plain, meaning: 'Nothing is recorded any more', unit: 's', definition: 'Seconds since the last recorded request, where more are expected.', labels: ['model'] },
  'review-overdue': { ...plain, meaning: 'A review that is owed was not given in time', unit: 'h past due', definition: 'Hours since the review of an act that could not wait was due; below 0 while there is time.', labels: ['model', 'kind', 'subject'] },
  watchdog: { ...plain, meaning: 'Alerts arrive: this one always fires', definition: 'Always 1.', labels: [] },
};
