/** A way by which somebody who may administer everything gets in now: a valid key, or sign-in by the configured issuer. */
export interface AdminWay {
  /** null for a key without an account. */
  readonly accountId: string | null;
  readonly by: 'key' | 'sign-in';
}

export type AdminLoss = 'some-remain' | 'none-before' | 'last-admin';

/** Whether a change would leave nobody who can administer: of a state that has ways in to one that has none. */
export function decideAdminLoss(before: readonly AdminWay[], after: readonly AdminWay[]): AdminLoss {
  if (after.length > 0) return 'some-remain';
  return before.length > 0 ? 'last-admin' : 'none-before';
}
