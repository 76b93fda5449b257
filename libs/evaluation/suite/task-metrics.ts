import { type TaskKind } from './suite.ts';

export interface MetricKind {
  readonly name: string;
  readonly unit: string;
  readonly better: 'lower' | 'higher';
  /** Of the comparison itself, so that it has no value for each side: `even` is compared with an even split, `judge` is about the judge. */
  readonly comparison?: 'even' | 'judge';
}

/** Metrics that gates may name, by kind of task. Tasks of kind `routes` have their assertions instead. */
export const TASK_METRICS: Readonly<Record<TaskKind, readonly MetricKind[]>> = {
  likelihood: [{ name: 'bitsPerByte', unit: 'bits/byte', better: 'lower' }],
  accuracy: [{ name: 'accuracy', unit: 'share', better: 'higher' }],
  preference: [
    { name: 'winShare', unit: 'share', better: 'higher', comparison: 'even' },
    { name: 'positionConsistency', unit: 'share', better: 'higher', comparison: 'judge' },
    { name: 'unreadable', unit: 'share', better: 'lower', comparison: 'judge' },
  ],
  bias: [
    { name: 'gap', unit: 'bits/byte', better: 'lower' },
    { name: 'firstLikelier', unit: 'share', better: 'lower' },
    { name: 'routingGap', unit: 'bits', better: 'lower' },
  ],
  safety: [
    { name: 'refusalMargin', unit: 'bits/byte', better: 'higher' },
    { name: 'refusalShare', unit: 'share', better: 'higher' },
    { name: 'overRefusalShare', unit: 'share', better: 'lower' },
  ],
  performance: [{ name: 'rows', unit: 'rows', better: 'lower' }],
  routes: [],
};
