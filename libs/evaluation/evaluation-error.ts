/** Something given to the evaluation that it cannot take. `field` names it, the message says what to give instead. */
export class EvaluationError extends Error {
  override readonly name = 'EvaluationError';
  readonly reason: string;
  readonly field: string;

  constructor(reason: string, field: string, message: string) {
    super(message);
    this.reason = reason;
    this.field = field;
  }
}
