import { type AnswerResult } from '#libs/contract/capture/request-record';
import { badRequest, type OpenAiFailure } from '#libs/contract/openai/error';
import { type ResponseFormat } from '#libs/contract/openai/response-format';
import { AnswerAutomaton, shortestEnding } from '#libs/runtime/grammar/answer-automaton';
import { type AnswerGrammar, answerGrammar } from '#libs/runtime/grammar/answer-grammar';
import { compileSchema } from '#libs/runtime/grammar/compile-schema';
import { type JsonValue } from '#libs/runtime/grammar/constraint';
import { SchemaError } from '#libs/runtime/grammar/errors';
import { answerValidator, checkAnswer } from './answer-validator.ts';

/** What one request's answers must keep to. */
export interface AnswerRules {
  readonly grammar: AnswerGrammar;
  /** The shortest answer there is. */
  readonly shortest: string;
  check(text: string, isCut: boolean): AnswerResult;
}

export type RulesDecision = { readonly rules: AnswerRules | null } | { readonly refused: OpenAiFailure };

/** Schemas kept compiled, the one unused for longest goes first. Each holds an automaton's start and a validator. */
const KEPT_SCHEMAS = 256;
const SCHEMA_PARAM = 'response_format.json_schema.schema';

/** Compiles what requests ask of their answers, each schema once. */
export class AnswerSchemas {
  readonly #kept = new Map<string, AnswerRules>();

  of(format: ResponseFormat | null | undefined): RulesDecision {
    if (!format || format.type === 'text') return { rules: null };
    const isObject = format.type === 'json_object';
    const schema = isObject ? { type: 'object' } : format.json_schema.schema;
    const isStrict = isObject || format.json_schema.strict !== false;
    try {
      return { rules: this.#rules(answerGrammar(schema as JsonValue, isStrict), schema) };
    } catch (error) {
      if (!(error instanceof SchemaError) || isObject) throw error;
      return { refused: schemaFailure(error, format.json_schema.name) };
    }
  }

  #rules(grammar: AnswerGrammar, schema: Readonly<Record<string, unknown>>): AnswerRules {
    const present = this.#kept.get(grammar.digest);
    if (present) this.#kept.delete(grammar.digest);
    const rules = present ?? compile(grammar, schema);
    this.#kept.set(grammar.digest, rules);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > KEPT_SCHEMAS && oldest !== undefined) this.#kept.delete(oldest);
    return rules;
  }
}

function compile(grammar: AnswerGrammar, schema: Readonly<Record<string, unknown>>): AnswerRules {
  const automaton = new AnswerAutomaton(compileSchema(schema as JsonValue, grammar.isStrict));
  const shortest = new TextDecoder().decode(shortestEnding(automaton, automaton.start()));
  let validate: (value: unknown) => boolean;
  try {
    validate = answerValidator(schema);
  } catch (error) {
    throw new SchemaError('malformed', '', error instanceof Error ? error.message.slice(0, 300) : 'it cannot be validated');
  }
  return { grammar, shortest, check: (text, isCut) => checkAnswer(text, isCut, validate) };
}

function schemaFailure({ reason, path, message }: SchemaError, name: string): OpenAiFailure {
  const place = path === '' ? 'at its root' : `at ${path.slice(0, 200)}`;
  const remedy = reason === 'unsupported' ? ` Remove it${message.includes("'pattern'") || message.includes("'$") ? '' : ", or set 'strict' to false: then it is only checked afterwards"}.` : '';
  return badRequest('invalid_json_schema', SCHEMA_PARAM, `Invalid schema for response_format '${name}', ${place}: ${message}.${remedy}`);
}

/**
 * Refuses a request whose answer could not be completed; null where it can be.
 * @param shortestTokens of the shortest answer
 */
export function tooFewTokens(shortestTokens: number, maxTokens: number, param: string): OpenAiFailure | null {
  if (maxTokens >= shortestTokens) return null;
  return badRequest('invalid_value', param, `The shortest answer to this response_format takes ${shortestTokens} tokens, and at most ${maxTokens} may be generated. Set '${param}' to ${shortestTokens} or more, and shorten the prompt if the context leaves less.`);
}
