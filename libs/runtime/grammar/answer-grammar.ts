import { createHash } from 'node:crypto';
import { type JsonValue } from './constraint.ts';
import { SchemaError } from './errors.ts';
import { GRAMMAR_LIMITS } from './limits.ts';

/** What an answer must keep to, as it travels to the engine. */
export interface AnswerGrammar {
  /** SHA-256 of the schema and its strictness, hexadecimal. */
  readonly digest: string;
  /** JSON text of the schema. */
  readonly schema: string;
  /** Whether keywords that cannot be enforced while decoding are refused; else they are left out. */
  readonly isStrict: boolean;
}

/** Names a schema by its bytes. @throws SchemaError where it is too large */
export function answerGrammar(schema: JsonValue, isStrict: boolean): AnswerGrammar {
  const text = JSON.stringify(schema);
  const sizeBytes = Buffer.byteLength(text);
  if (sizeBytes > GRAMMAR_LIMITS.schemaBytes) {
    throw new SchemaError('too-large', '', `the schema takes ${sizeBytes} bytes; at most ${GRAMMAR_LIMITS.schemaBytes} are supported`);
  }
  return { schema: text, isStrict, digest: createHash('sha256').update(isStrict ? 'strict\n' : 'lax\n').update(text).digest('hex') };
}
