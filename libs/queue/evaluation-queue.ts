import { idIn, type TaskKind, type TaskProducer, type TaskQueue } from './task-queue.ts';

/** Asks a worker to take up a run of an evaluation, which another may have by then. */
export interface EvaluationJob {
  readonly runId: string;
  /** How often it was taken up before: a job that is there already for the same one is ignored. */
  readonly attempt: number;
}

export type EvaluationQueue = TaskQueue<EvaluationJob>;
export type EvaluationProducer = TaskProducer<EvaluationJob>;

/** Jobs of runs that wait for a process. */
export const EVALUATIONS: TaskKind<EvaluationJob> = {
  queue: 'evaluations',
  jobName: 'evaluate',
  jobIdOf: ({ runId, attempt }) => `${runId}-${attempt}`,
  idOf: idIn('runId'),
};
