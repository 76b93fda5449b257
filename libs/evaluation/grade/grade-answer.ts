import { Ajv2020, type SchemaObject } from 'ajv/dist/2020.js';
import { RE2JS } from 're2js';
import { EvaluationError } from '../evaluation-error.ts';
import { type Json } from '../run/run.ts';
import { type AccuracyGrader } from '../suite/grader.ts';
import { SUITE_LIMITS } from '../suite/limits.ts';

export type AnswerGrader = Exclude<AccuracyGrader, { readonly type: 'choice' }>;

/** Whether an answer is right. @param wanted the item's `answer` */
export type GradeAnswer = (answer: string, wanted: string | null) => boolean;

const NUMBER = /[-+]?\d{1,40}(?:,\d{3}){0,12}(?:\.\d{1,40})?(?:[eE][-+]?\d{1,3})?/;

/**
 * The judge of a task's answers. Patterns are RE2's and take time in proportion to the answer, whatever they say.
 * @throws EvaluationError where a schema cannot be compiled; the returned function throws it for a pattern that is none
 */
export function answerGrader(grader: AnswerGrader): GradeAnswer {
  switch (grader.type) {
    case 'exact':
      return (answer, wanted) => plain(answer, grader.ignoreCase) === plain(wanted ?? '', grader.ignoreCase);
    case 'regex':
      return (answer, wanted) => compilePattern(wanted ?? '').matcher(answer).find();
    case 'numeric':
      return (answer, wanted) => isNear(firstNumber(answer), Number(wanted), grader.tolerance, grader.relative);
    case 'schema':
      return schemaGrader(grader.schema);
  }
}

/** What of a continuation counts as the answer: up to `stopAt`, without blanks around it. */
export function cutAnswer(text: string, stopAt: string | null): string {
  const end = stopAt === null ? -1 : text.indexOf(stopAt);
  return (end < 0 ? text : text.slice(0, end)).trim();
}

/** @throws EvaluationError where the text is no RE2 pattern */
export function compilePattern(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    throw new EvaluationError('malformed-pattern', 'answer', `${JSON.stringify(pattern)} is no pattern of RE2 (no look-around, no back-references): ${(error as Error).message}`);
  }
}

function plain(text: string, ignoreCase: boolean): string {
  const normal = text.normalize('NFC').trim();
  return ignoreCase ? normal.toLowerCase() : normal;
}

/** The first number in a text; NaN where there is none. */
function firstNumber(text: string): number {
  const found = NUMBER.exec(text);
  return found ? Number(found[0].replaceAll(',', '')) : Number.NaN;
}

function isNear(value: number, wanted: number, tolerance: number, relative: number): boolean {
  return Math.abs(value - wanted) <= Math.max(tolerance, relative * Math.abs(wanted));
}

/** Ajv tells patterns apart by their text. The code is for a program of its own, which is never made. */
const linearPattern = Object.assign((pattern: string) => ({ test: patternTest(pattern), toString: () => `/${pattern}/u` }), { code: 'undefined' });

function patternTest(pattern: string): (text: string) => boolean {
  const compiled = compilePattern(pattern);
  return (text) => compiled.matcher(text).find();
}

function schemaGrader(schema: Json): GradeAnswer {
  const ajv = new Ajv2020({ strict: false, logger: false, ownProperties: true, inlineRefs: false, code: { regExp: linearPattern }, unicodeRegExp: true, addUsedSchema: false });
  let validate: (value: unknown) => unknown;
  try {
    // A schema that is a promise of an answer is none that can be judged now.
    validate = ajv.compile({ ...(schema as SchemaObject), $async: false });
  } catch (error) {
    throw new EvaluationError('malformed-schema', 'grader.schema', `The JSON Schema cannot be used: ${(error as Error).message.slice(0, SUITE_LIMITS.nameCharacters)}`);
  }
  return (answer) => {
    try {
      return validate(JSON.parse(answer)) === true;
    } catch {
      return false;
    }
  };
}
