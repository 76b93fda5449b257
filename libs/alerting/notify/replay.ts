/** A notification that shall be told again, with what is known of its group. */
export interface ReplayCandidate {
  readonly state: 'waiting' | 'testing' | 'delivered' | 'dead';
  readonly isTest: boolean;
  /** Whether a later one of its group was delivered. */
  readonly isLaterDelivered: boolean;
  readonly isReceiverOn: boolean;
}

export type ReplayDecision = { readonly replay: true } | { readonly replay: false; readonly reason: 'not-dead' | 'test' | 'superseded' | 'receiver-disabled' };

/**
 * Decides whether a dead letter goes back into the outbox. One whose group has told more since would say
 * what is no longer so, such as that something fires that has ended.
 * @param evenSuperseded whoever asks wants it all the same
 */
export function decideReplay({ state, isTest, isLaterDelivered, isReceiverOn }: ReplayCandidate, evenSuperseded: boolean): ReplayDecision {
  if (state !== 'dead') return { replay: false, reason: 'not-dead' };
  if (isTest) return { replay: false, reason: 'test' };
  if (!isReceiverOn) return { replay: false, reason: 'receiver-disabled' };
  if (isLaterDelivered && !evenSuperseded) return { replay: false, reason: 'superseded' };
  return { replay: true };
}
