import { type Provider } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Datasets } from '#libs/store/evaluation/datasets';
import { EvaluationRemoval } from '#libs/store/evaluation/evaluation-removal';
import { EvaluationRuns } from '#libs/store/evaluation/evaluation-runs';
import { RunOutcomes } from '#libs/store/evaluation/run-outcomes';
import { Suites } from '#libs/store/evaluation/suites';
import { DatasetDesk } from './dataset-desk.ts';
import { EvaluationDesk } from './evaluation-desk.ts';
import { EvaluationEvidence } from './evaluation-evidence.ts';
import { DATASETS, EVALUATION_REMOVAL, EVALUATION_RUNS, RUN_OUTCOMES, SUITES } from './evaluation-ports.ts';
import { EvaluationView } from './evaluation-view.ts';
import { EvaluationsController, SuitesController } from './evaluations.controller.ts';
import { RemovalDesk } from './removal-desk.ts';
import { SuiteDesk } from './suite-desk.ts';

export const evaluationControllers = [SuitesController, EvaluationsController];
export const evaluationProviders: Provider[] = [DatasetDesk, SuiteDesk, EvaluationDesk, EvaluationView, EvaluationEvidence, RemovalDesk];

/** Ports over the store. */
export const storedEvaluationPorts: Provider[] = [
  { provide: DATASETS, inject: [DataSource], useFactory: (dataSource: DataSource) => new Datasets(dataSource) },
  { provide: SUITES, inject: [DataSource], useFactory: (dataSource: DataSource) => new Suites(dataSource) },
  { provide: EVALUATION_RUNS, inject: [DataSource], useFactory: (dataSource: DataSource) => new EvaluationRuns(dataSource) },
  { provide: RUN_OUTCOMES, inject: [DataSource], useFactory: (dataSource: DataSource) => new RunOutcomes(dataSource) },
  { provide: EVALUATION_REMOVAL, inject: [DataSource], useFactory: (dataSource: DataSource) => new EvaluationRemoval(dataSource) },
];
