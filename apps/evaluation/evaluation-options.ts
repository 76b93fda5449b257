import { type Assay } from '#libs/evaluation/run/assay';
import { type Config } from '#libs/platform/config/config';
import { type Logger } from '#libs/platform/logs/logger';

export const EVALUATION_OPTIONS = Symbol('EvaluationOptions');

/** What the evaluation role needs of the outside. */
export interface EvaluationOptions {
  readonly config: Config;
  /** Role that may write what the application may, and no more. */
  readonly databaseUrl: string;
  /** Role that may prepare and use the tables of a queue. */
  readonly queueUrl: string;
  readonly assays: readonly Assay[];
  readonly logger: Logger;
  readonly now: () => number;
}
