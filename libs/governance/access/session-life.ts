export interface SessionFacts {
  readonly lastSeenAtMs: number;
  readonly expiresAtMs: number;
  readonly revokedAtMs: number | null;
  /** Whether its account is disabled. */
  readonly isDisabled: boolean;
  /** Why the key that opened it lets nobody in any more; null: it does, or there is none. */
  readonly keyEnded: 'revoked' | 'expired' | 'disabled' | null;
}

export type SessionState = 'open' | 'revoked' | 'expired' | 'idle' | 'account-disabled' | 'key-ended';

/** Whether a session still lets its holder in. */
export function sessionState({ lastSeenAtMs, expiresAtMs, revokedAtMs, isDisabled, keyEnded }: SessionFacts, idleMs: number, nowMs: number): SessionState {
  if (revokedAtMs !== null) return 'revoked';
  if (isDisabled) return 'account-disabled';
  if (keyEnded !== null) return 'key-ended';
  if (expiresAtMs <= nowMs) return 'expired';
  return lastSeenAtMs + idleMs <= nowMs ? 'idle' : 'open';
}
