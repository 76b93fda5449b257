import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { getTrace, listTraces } from '../../api/gen/sdk.gen.ts';
import { type Trace } from '../../api/gen/types.gen.ts';
import { Problem } from '../../api/problem.ts';
import { requestTime } from './request-time.ts';

/** Rows that are read of each trace: as many as one answer of the API holds. */
export const MAX_ROWS = 1024;
/** A request is recorded about a second after its answer. */
const LOOK_MS = 400;
const LOOKS = 75;
/** Requests that may have been admitted in the same millisecond. */
const SAME_TIME = 20;

/** The traces of two requests, once both are recorded. Each is one look that the audit log keeps, so nothing is read again by itself. */
export function useTraces(a: string, b: string, isEnabled: boolean): UseQueryResult<readonly [Trace, Trace], unknown> {
  return useQuery({
    queryKey: ['playground-traces', a, b],
    enabled: isEnabled,
    staleTime: Infinity,
    gcTime: 0,
    retry: false,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    queryFn: async ({ signal }) => {
      await Promise.all([a, b].map((requestId) => recorded(requestId, signal)));
      const [one, other] = await Promise.all([a, b].map(async (requestId) => (await getTrace({ path: { requestId }, query: { rows: MAX_ROWS }, signal })).data));
      return [one!, other!] as const;
    },
  });
}

/** Resolves once a request is recorded. The list is asked, which opens no trace and writes no look. @throws Problem when it takes too long */
async function recorded(requestId: string, signal: AbortSignal): Promise<void> {
  const startAt = new Date(requestTime(requestId)).toISOString();
  for (let look = 0; look < LOOKS; look += 1) {
    const { data } = await listTraces({ query: { order: 'oldest', startAt, limit: SAME_TIME }, signal });
    if (data.items.some((item) => item.requestId === requestId)) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    signal.throwIfAborted();
  }
  throw new Problem(504, 'not_recorded_yet', 'The requests are not recorded yet', 'Recording lags behind: see the health of the pipeline. Try again in a while.');
}
