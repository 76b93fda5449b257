import { type Provider } from '@nestjs/common';
import { DATASETS, type DatasetsPort, EVALUATION_REMOVAL, type EvaluationRemovalPort, EVALUATION_RUNS, type EvaluationRunsPort, RUN_OUTCOMES, type RunOutcomesPort, SUITES, type SuitesPort } from '../evaluation/evaluation-ports.ts';

const refuse = async (): Promise<never> => {
  throw new Error('evaluations are tested on a database: test/evaluation');
};

/** Nothing is kept: what evaluations do is tested on a database. */
export const fakeEvaluationPorts: readonly Provider[] = [
  { provide: DATASETS, useValue: { put: refuse, find: async () => null, content: async () => null, list: async () => [] } satisfies DatasetsPort },
  { provide: SUITES, useValue: { put: refuse, find: async () => null, list: async () => [] } satisfies SuitesPort },
  { provide: EVALUATION_RUNS, useValue: { create: refuse, find: async () => null, result: async () => null, list: async () => [], cancel: refuse } satisfies EvaluationRunsPort },
  { provide: EVALUATION_REMOVAL, useValue: { run: refuse, suite: refuse, dataset: refuse } satisfies EvaluationRemovalPort },
  { provide: RUN_OUTCOMES, useValue: { read: async () => new Map(), newestOf: async () => null } satisfies RunOutcomesPort },
];
