import { QueryClient } from '@tanstack/react-query';
import { Problem } from './problem.ts';

/** Answers are asked for again when the server says that they changed, and after this time at the latest. */
const STALE_MS = 15_000;
const RETRIES = 2;

/** Only what may get better by itself is tried again. */
function mayGetBetter(error: unknown): boolean {
  return error instanceof Problem && (error.status === 0 || error.status === 502 || error.status === 503 || error.status === 504);
}

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { staleTime: STALE_MS, retry: (failures, error) => failures < RETRIES && mayGetBetter(error), refetchOnWindowFocus: true },
    mutations: { retry: false },
  },
});

/** Each reading of these goes into the audit log, so they are asked for by a person alone. */
const AUDITED_READS = new Set<unknown>(['getTrace', 'listRecallRequests']);

/** Asks again for all that was read under some tags of the API, such as `alerts`. */
export async function refresh(...tags: readonly string[]): Promise<void> {
  await queryClient.invalidateQueries({ predicate: ({ queryKey }) => isUnder(tags, queryKey) });
}

/** Like refresh, for what changes all the time: leaves lists alone in which the viewer has gone on to later pages. */
export async function refreshQuietly(...tags: readonly string[]): Promise<void> {
  await queryClient.invalidateQueries({ predicate: ({ queryKey, state }) => isUnder(tags, queryKey) && !hasLaterPages(state.data) });
}

function isUnder(tags: readonly string[], [first]: readonly unknown[]): boolean {
  if (typeof first !== 'object' || first === null || !('tags' in first) || !Array.isArray(first.tags)) return false;
  return first.tags.some((tag) => tags.includes(tag as string)) && !AUDITED_READS.has(Reflect.get(first, '_id'));
}

function hasLaterPages(data: unknown): boolean {
  return typeof data === 'object' && data !== null && 'pages' in data && Array.isArray(data.pages) && data.pages.length > 1;
}
