const RELEASE_ID = /^[0-9a-f]{64}$/;

/** Parts of the address beside model and time. Prompts are never in it: addresses end up in logs and histories. */
export interface PlaygroundSearch {
  readonly mode?: 'chat';
  /** Release that shall answer; left out: the assigned one. */
  readonly release?: string;
}

export function parsePlaygroundSearch({ mode, release }: Readonly<Record<string, unknown>>): PlaygroundSearch {
  return { ...(mode === 'chat' && { mode }), ...(isRelease(release) && { release }) };
}

export interface CompareSearch {
  readonly a?: string;
  readonly b?: string;
}

export function parseCompareSearch({ a, b }: Readonly<Record<string, unknown>>): CompareSearch {
  return { ...(isRelease(a) && { a }), ...(isRelease(b) && { b }) };
}

function isRelease(value: unknown): value is string {
  return typeof value === 'string' && RELEASE_ID.test(value);
}
