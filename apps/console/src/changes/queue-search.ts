import { STATES } from './change-words.ts';

/** Filters of the queue, as the address has them. What is left out: all that has not ended. */
export interface QueueSearch {
  readonly state?: keyof typeof STATES | 'all';
  readonly type?: string;
  readonly author?: string;
  /** Only of the model that the views are about. */
  readonly of?: 'model';
  readonly waiting?: 'me';
}

export function parseQueueSearch({ state, type, author, of, waiting }: Record<string, unknown>): QueueSearch {
  return {
    ...(typeof state === 'string' && (state === 'all' || state in STATES) && { state: state as NonNullable<QueueSearch['state']> }),
    ...(typeof type === 'string' && type !== '' && { type }),
    ...(typeof author === 'string' && author !== '' && { author }),
    ...(of === 'model' && { of }),
    ...(waiting === 'me' && { waiting }),
  };
}
