/** Why a schema is refused. */
export type SchemaRefusal = 'unsupported' | 'malformed' | 'too-large' | 'unsatisfiable';

/** A schema that cannot constrain an answer; `path` is the JSON Pointer of the place at fault. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError';
  readonly reason: SchemaRefusal;
  readonly path: string;

  constructor(reason: SchemaRefusal, path: string, message: string) {
    super(message);
    this.reason = reason;
    this.path = path;
  }
}
