import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { Eye } from 'lucide-react';
import { useEffect, useState } from 'react';
import { getTrace } from '../../api/gen/sdk.gen.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { Empty, Failed, Loading } from '../../ui/states.tsx';
import { TraceView } from './trace-view.tsx';

/** Tokens that one look brings. */
const LOOK_ROWS = 512;

/** The trace of a request. It is opened by a press of a button and by nothing else, because each look is recorded. */
export function TraceCard({ requestId }: { readonly requestId: string }) {
  const client = useQueryClient();
  const [isAsked, setAsked] = useState(false);
  const [page, setPage] = useState(0);
  // No tags, no tries again, and nothing that asks by itself: each of these would be a look.
  const trace = useInfiniteQuery({
    queryKey: ['look', requestId],
    queryFn: async ({ pageParam, signal }) => (await getTrace({ path: { requestId }, query: { offset: pageParam, rows: LOOK_ROWS }, signal })).data,
    initialPageParam: 0,
    getNextPageParam: ({ nextOffset }) => nextOffset,
    enabled: isAsked,
    staleTime: Infinity,
    retry: false,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    refetchOnMount: false,
  });
  // What was looked at does not stay behind in memory.
  useEffect(() => () => client.removeQueries({ queryKey: ['look', requestId] }), [client, requestId]);
  const shown = trace.data?.pages[page];
  const goTo = async (next: number): Promise<void> => {
    if (next < (trace.data?.pages.length ?? 0) || !(await trace.fetchNextPage()).isFetchNextPageError) setPage(next);
  };
  return (
    <Card title="Token by token" lead="The text, and which experts each token took in each layer. As sensitive as the text itself.">
      {!isAsked && (
        <Empty
          title="The trace is closed"
          action={
            <Button variant="primary" icon={<Eye size={15} aria-hidden />} onClick={() => setAsked(true)}>
              Look at the trace: this is recorded in the audit log
            </Button>
          }
        >
          Your name, the time and the part that you look at are written down before anything is shown.
        </Empty>
      )}
      {trace.error !== null && <Failed error={trace.error} onRetry={() => void (trace.data === undefined ? trace.refetch() : trace.fetchNextPage())} />}
      {isAsked && trace.isPending && trace.error === null && <Loading rows={8} label="Loading the trace" />}
      {shown !== undefined && (
        <>
          <TraceView key={page} trace={shown} />
          {(page > 0 || shown.nextOffset !== null) && (
            <nav aria-label="Parts of the trace" className="mt-3 flex flex-wrap items-center justify-between gap-2 border-t border-line pt-3 text-sm">
              <Button size="small" disabled={page === 0} onClick={() => setPage(page - 1)}>
                Earlier tokens
              </Button>
              <span className="text-xs text-ink-soft">
                Tokens {page * LOOK_ROWS + 1} to {page * LOOK_ROWS + shown.tokens.length} of {shown.totalRows}; each further part is a look of its own
              </span>
              <Button size="small" disabled={shown.nextOffset === null || trace.isFetchingNextPage} onClick={() => void goTo(page + 1)}>
                {trace.isFetchingNextPage ? 'Loading…' : 'Later tokens'}
              </Button>
            </nav>
          )}
        </>
      )}
    </Card>
  );
}
