import { type Datasets } from '#libs/store/evaluation/datasets';
import { type EvaluationRemoval } from '#libs/store/evaluation/evaluation-removal';
import { type EvaluationRuns } from '#libs/store/evaluation/evaluation-runs';
import { type RunOutcomes } from '#libs/store/evaluation/run-outcomes';
import { type Suites } from '#libs/store/evaluation/suites';

export const DATASETS = Symbol('Datasets');
export const SUITES = Symbol('Suites');
export const EVALUATION_RUNS = Symbol('EvaluationRuns');
export const RUN_OUTCOMES = Symbol('RunOutcomes');
export const EVALUATION_REMOVAL = Symbol('EvaluationRemoval');

export type DatasetsPort = Pick<Datasets, 'put' | 'find' | 'content' | 'list'>;
export type SuitesPort = Pick<Suites, 'put' | 'find' | 'list'>;
export type EvaluationRunsPort = Pick<EvaluationRuns, 'create' | 'find' | 'result' | 'list' | 'cancel'>;
export type RunOutcomesPort = Pick<RunOutcomes, 'read' | 'newestOf'>;
export type EvaluationRemovalPort = Pick<EvaluationRemoval, 'run' | 'suite' | 'dataset'>;
