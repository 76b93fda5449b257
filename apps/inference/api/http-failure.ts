import { badRequest, type OpenAiFailure } from '#libs/contract/openai/error';
import { hasPermission } from '#libs/platform/auth/scopes';
import { databaseAway } from '#libs/store/availability';
import { type CallerAuthentication } from './caller-authenticator.ts';

/** Why a caller may not ask; null where it may. */
export function authFailure(authentication: CallerAuthentication): OpenAiFailure | null {
  if (!authentication.ok) {
    if ('failure' in authentication) return authentication.failure;
    return { status: 401, type: 'invalid_request_error', code: 'invalid_api_key', param: null, message: authentication.message };
  }
  if (hasPermission(authentication.principal, 'inference')) return null;
  const message = "This caller may not use /v1: it lacks the permission 'inference'. Use another key, or ask an administrator for one.";
  return { status: 403, type: 'permission_error', code: 'insufficient_scope', param: null, message };
}

export function modelNotFound(model: string): OpenAiFailure {
  const message = `The model '${model}' does not exist or is not served here; GET /v1/models lists those that are.`;
  return { status: 404, type: 'invalid_request_error', code: 'model_not_found', param: 'model', message };
}

export function routeNotFound(method: string, path: string): OpenAiFailure {
  const message = `Unknown request URL: ${method} ${path.slice(0, 200)}. Check the method and the path.`;
  return { status: 404, type: 'invalid_request_error', code: 'unknown_url', param: null, message };
}

export const STOPPING: OpenAiFailure = {
  status: 503,
  type: 'server_error',
  code: 'server_stopping',
  param: null,
  message: 'The server is stopping. Retry in a moment.',
  retryAfterSeconds: 5,
};

/** The key could not be looked up, and was not used lately. */
const KEYS_AWAY: OpenAiFailure = {
  status: 503,
  type: 'server_error',
  code: 'database_unavailable',
  param: null,
  message: 'The API key cannot be checked, because the database does not answer. Retry in a moment.',
  retryAfterSeconds: 5,
};

/** Fastify's and our parser's errors before a handler runs; anything else is a 500 that tells nothing. */
export function failureOfHttpError(error: unknown, bodyBytes: number, requestId: string): OpenAiFailure {
  const { code, statusCode } = (typeof error === 'object' && error !== null ? error : {}) as { code?: unknown; statusCode?: unknown };
  if (error instanceof SyntaxError) {
    return badRequest('invalid_json', null, 'The request body is not valid JSON. Check its quotes, commas and brackets.');
  }
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE' || statusCode === 413) {
    const message = `The request body is larger than ${bodyBytes} bytes. Send less at once.`;
    return { status: 413, type: 'invalid_request_error', code: 'request_too_large', param: null, message };
  }
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE' || statusCode === 415) {
    const message = "The request body must be JSON, with the header 'Content-Type: application/json'.";
    return { status: 415, type: 'invalid_request_error', code: 'unsupported_media_type', param: null, message };
  }
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return { ...badRequest('bad_request', null, 'The request could not be read. Check its headers and body.'), status: statusCode };
  }
  if (databaseAway(error) !== null) return KEYS_AWAY;
  const message = `The server failed on this request; its log tells why under ${requestId}.`;
  return { status: 500, type: 'server_error', code: 'internal_error', param: null, message };
}
