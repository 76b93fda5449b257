import { type z } from 'zod';
import { type Route, type RouteInput } from '#libs/contract/management/route';
import { ProblemError } from '#libs/platform/errors/problem-error';

export interface RawInput {
  readonly params: unknown;
  readonly query: unknown;
  readonly headers: unknown;
  readonly body: unknown;
}

/**
 * Checks a request against its route.
 * @throws ProblemError 400 that names the first wrong field and the remedy; 428 where If-Match is missing.
 */
export function parseInput<R extends Route>(route: R, raw: RawInput): RouteInput<R> {
  return {
    params: parsePart(route.params?.strict(), 'path', raw.params),
    query: parsePart(route.query?.strict(), 'query', raw.query),
    headers: parsePart(route.headers, 'header', raw.headers),
    body: parsePart(route.body, 'body', raw.body),
  } as RouteInput<R>;
}

function parsePart(schema: z.ZodType | undefined, place: string, value: unknown): unknown {
  if (!schema) return undefined;
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (!issue) throw parsed.error;
  const { field, remedy } = explain(issue, value);
  const isPrecondition = field === 'if-match' && (value as Record<string, unknown>)['if-match'] === undefined;
  throw new ProblemError({
    status: isPrecondition ? 428 : 400,
    code: isPrecondition ? 'precondition_required' : 'invalid_request',
    title: isPrecondition ? 'If-Match is required' : 'The request is not valid',
    detail: field === '' ? `The ${place} is wrong: ${remedy}.` : `${capital(place)} field ${field}: ${remedy}.`,
    ...(field === '' ? {} : { field }),
  });
}

function explain(issue: z.core.$ZodIssue, value: unknown): { field: string; remedy: string } {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    return { field: path === '' ? key : `${path}.${key}`, remedy: 'not known here; remove it or check its spelling' };
  }
  const isMissing = issue.path.length > 0 && issue.path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], value) === undefined;
  const isDefault = issue.message.startsWith('Invalid input');
  if (isMissing && isDefault) return { field: path, remedy: 'required, and missing' };
  return { field: path, remedy: issue.message.replace(/\.$/, '') };
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
