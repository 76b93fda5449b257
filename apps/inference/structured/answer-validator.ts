import { Ajv2020, type SchemaObject } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { type AnswerResult } from '#libs/contract/capture/request-record';
import { FORMAT_NAMES } from '#libs/runtime/grammar/formats';
import { patternMatcher } from '#libs/runtime/grammar/pattern-matcher';

/** Ajv tells patterns apart by their text. The code is for a program of its own, which is never made. */
const linearPattern = Object.assign((pattern: string) => ({ test: patternMatcher(pattern), toString: () => `/${pattern}/u` }), { code: 'undefined' });

/**
 * A validator apart from the grammar: Ajv compiles the same schema. It never sees a schema that the
 * grammar has not read (so its size, depth and references are bounded), its patterns run in linear
 * time, and it looks at own properties only. Each schema has an instance of its own, so that names
 * cannot meet.
 * @throws Error where Ajv refuses the schema
 */
export function answerValidator(schema: Readonly<Record<string, unknown>>): (value: unknown) => boolean {
  const { $schema: _dialect, $id: _id, id: _oldId, ...rest } = schema;
  const ajv = new Ajv2020({
    meta: false,
    validateSchema: false,
    strict: false,
    logger: false,
    ownProperties: true,
    inlineRefs: false,
    code: { regExp: linearPattern },
    unicodeRegExp: true,
  });
  addFormats.default(ajv, { mode: 'full', formats: [...FORMAT_NAMES] as never });
  const validate = ajv.compile(rest as SchemaObject);
  return (value) => validate(value);
}

/** @param isCut whether the answer ended for want of tokens */
export function checkAnswer(text: string, isCut: boolean, validate: (value: unknown) => boolean): AnswerResult {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return isCut ? 'incomplete' : 'invalid';
  }
  return validate(value) ? 'valid' : isCut ? 'incomplete' : 'invalid';
}
