type DeriveReason = 'unknown-component' | 'not-quantisable' | 'already-quantised' | 'not-float' | 'malformed-order' | 'missing-component';

/** A release cannot be derived; the message says what to do instead. */
export class DeriveError extends Error {
  override readonly name = 'DeriveError';
  readonly reason: DeriveReason;
  /** Component at fault; null where the order as a whole is. */
  readonly component: string | null;

  constructor(reason: DeriveReason, message: string, component: string | null = null) {
    super(message);
    this.reason = reason;
    this.component = component;
  }
}
