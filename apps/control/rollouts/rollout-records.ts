import { type RolloutEvidenceReader } from '#libs/store/rollouts/evidence-reader';
import { type RolloutHistory } from '#libs/store/rollouts/rollout-history';
import { type Rollouts } from '#libs/store/rollouts/rollouts';

export const ROLLOUT_RECORDS = Symbol('RolloutRecords');

/** What is kept of rollouts, and what their guards look at. */
export interface RolloutRecords {
  readonly rollouts: Pick<Rollouts, 'transaction' | 'exclusively' | 'find' | 'list' | 'underWay' | 'standing' | 'lock' | 'insert' | 'save'>;
  readonly history: Pick<RolloutHistory, 'beginStep' | 'endStep' | 'addVerdict' | 'steps' | 'verdicts'>;
  readonly evidence: Pick<RolloutEvidenceReader, 'read' | 'markSeen' | 'forget'>;
}
