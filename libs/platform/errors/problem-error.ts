export interface ProblemFields {
  /** HTTP status, 400 to 599. */
  readonly status: number;
  /** Stable and machine-readable, such as `release_not_found`. */
  readonly code: string;
  /** The kind of problem in a few words; the same for every occurrence of a code. */
  readonly title: string;
  /** This occurrence, with its remedy. */
  readonly detail: string;
  /** The field of the request that is wrong, as a path such as `segments.tenant`. */
  readonly field?: string;
}

/** RFC 9457 body, with our `code` and `field` as extension members. */
export interface ProblemBody extends ProblemFields {
  readonly type: string;
}

/** An error that a caller of the management API may see in full. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly field: string | null;

  constructor(fields: ProblemFields, options?: ErrorOptions) {
    super(fields.detail, options);
    this.status = fields.status;
    this.code = fields.code;
    this.title = fields.title;
    this.detail = fields.detail;
    this.field = fields.field ?? null;
  }

  /** The body to send as application/problem+json. */
  toBody(): ProblemBody {
    return {
      type: `urn:signalbox:problem:${this.code}`,
      status: this.status,
      code: this.code,
      title: this.title,
      detail: this.detail,
      ...(this.field === null ? {} : { field: this.field }),
    };
  }
}
