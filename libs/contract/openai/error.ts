import { z } from 'zod';

/** OpenAI's error body, the same under every /v1 path. */
export const openAiErrorBody = z.object({
  error: z.object({
    message: z.string().meta({ description: 'What is wrong, and the remedy.' }),
    type: z.string().meta({ description: 'Kind of error, such as invalid_request_error.' }),
    param: z.string().nullable().meta({ description: 'The field that is wrong, such as messages[0].content.' }),
    code: z.string().nullable().meta({ description: 'Stable and machine-readable, such as model_not_found.' }),
  }),
}).meta({ id: 'InferenceError', description: "OpenAI's form of an error." });
export type OpenAiErrorBody = z.infer<typeof openAiErrorBody>;

export type OpenAiErrorType =
  | 'invalid_request_error'
  | 'permission_error'
  | 'rate_limit_error'
  | 'server_error';

/** A refusal or a failure, ready to be answered. */
export interface OpenAiFailure {
  readonly status: number;
  readonly type: OpenAiErrorType;
  readonly code: string | null;
  readonly param: string | null;
  readonly message: string;
  /** Sent as Retry-After where set. */
  readonly retryAfterSeconds?: number;
}

/** A 400 that names the parameter at fault and what to do about it. */
export function badRequest(code: string | null, param: string | null, message: string): OpenAiFailure {
  return { status: 400, type: 'invalid_request_error', code, param, message };
}

export function errorBody(failure: OpenAiFailure): OpenAiErrorBody {
  const { message, type, param, code } = failure;
  return { error: { message, type, param, code } };
}

/** A parameter's name as OpenAI writes it: `messages[0].content`. Empty path: null. */
export function paramName(path: readonly PropertyKey[]): string | null {
  let name = '';
  for (const part of path) {
    if (typeof part === 'number') name += `[${part}]`;
    else name += name === '' ? String(part) : `.${String(part)}`;
  }
  return name === '' ? null : name;
}

function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  let value = body;
  for (const part of path) {
    if (value === null || typeof value !== 'object') return undefined;
    value = (value as Record<PropertyKey, unknown>)[part];
  }
  return value;
}

/** What a schema says of a body, as OpenAI would say it. Only the first issue is told. */
export function validationFailure(error: z.ZodError, body: unknown): OpenAiFailure {
  const issue = error.issues[0];
  if (issue === undefined) return badRequest('invalid_value', null, 'The request is not valid.');
  const param = paramName(issue.path);
  if (issue.code === 'unrecognized_keys') {
    const key = paramName([...issue.path, issue.keys[0] ?? '']) ?? '';
    return badRequest('unknown_parameter', key, `Unrecognized request argument supplied: ${key.slice(0, 100)}. Remove it.`);
  }
  if (issue.code === 'custom') {
    const code = typeof issue.params?.['code'] === 'string' ? issue.params['code'] : 'invalid_value';
    return badRequest(code, param, issue.message);
  }
  if (param === null) return badRequest('invalid_type', null, 'The request body must be a JSON object.');
  if (issue.code === 'invalid_type' && valueAt(body, issue.path) === undefined) {
    return badRequest('missing_required_parameter', param, `Missing required parameter: '${param}'.`);
  }
  const code = issue.code === 'invalid_type' ? 'invalid_type' : 'invalid_value';
  return badRequest(code, param, `Invalid value for '${param}': ${issue.message.replace(/^(Invalid input|Too big|Too small): /, '')}.`);
}
