/** What the API says when it refuses, as an error that views can show. */
export class Problem extends Error {
  override readonly name = 'Problem';

  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    readonly detail: string,
    /** The field of the request that is wrong. */
    readonly field: string | null = null,
  ) {
    super(`${title}: ${detail}`);
  }
}

/** A problem out of whatever a failed call threw: problem+json of the management API, OpenAI's shape of /v1, or no answer at all. */
export function problemOf(error: unknown, status: number | undefined): Problem {
  if (error instanceof Problem) return error;
  const body = isRecord(error) && isRecord(error['error']) ? { ...error['error'], detail: error['error']['message'] } : error;
  if (status === undefined || !isRecord(body)) {
    return status === undefined
      ? new Problem(0, 'no_answer', 'The server does not answer', 'Look whether it runs and whether this machine is online. What is shown may be old.')
      : new Problem(status, 'unreadable_answer', `The server answered ${status}`, 'Its answer could not be read. Try again, or read its log.');
  }
  const text = (name: string, otherwise: string): string => (typeof body[name] === 'string' ? body[name] : otherwise);
  const field = text('field', text('param', ''));
  return new Problem(status, text('code', 'unknown'), text('title', 'This did not work'), text('detail', 'The server gave no reason.'), field === '' ? null : field);
}

/** The field of a form that a problem is about, or that holds what it is about: `rules` for `rules.0.expert`. */
export function nearestField(field: string | null, fields: readonly string[]): string | null {
  if (field === null) return null;
  return fields.filter((name) => field === name || field.startsWith(`${name}.`)).toSorted((a, b) => b.length - a.length)[0] ?? null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
