import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { getRequest, getTrace } from '../../api/gen/sdk.gen.ts';
import { type Trace } from '../../api/gen/types.gen.ts';
import { Problem } from '../../api/problem.ts';

/** Rows that are read of each trace: as many as one answer of the API holds. */
export const MAX_ROWS = 1024;
/** A request is recorded about a second after its answer. */
const RETRY_MS = 500;
const RETRIES = 60;

/** The traces of two requests, once both are recorded. Each is one look that the audit log keeps, so nothing is read again by itself. */
export function useTraces(a: string, b: string, isEnabled: boolean): UseQueryResult<readonly [Trace, Trace], unknown> {
  return useQuery({
    queryKey: ['playground-traces', a, b],
    enabled: isEnabled,
    staleTime: Infinity,
    refetchOnWindowFocus: false,
    retry: (failures, error) => failures < RETRIES && error instanceof Problem && error.status === 404,
    retryDelay: RETRY_MS,
    queryFn: async ({ signal }) => {
      const ids = [a, b];
      // Whether they are recorded is asked first, which opens neither.
      await Promise.all(ids.map((requestId) => getRequest({ path: { requestId }, signal })));
      const [one, other] = await Promise.all(ids.map(async (requestId) => (await getTrace({ path: { requestId }, query: { rows: MAX_ROWS }, signal })).data));
      return [one!, other!] as const;
    },
  });
}
