import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { ArrowUp } from 'lucide-react';
import { useCallback, useMemo } from 'react';
import { listTracesOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { listTraces } from '../../api/gen/sdk.gen.ts';
import { type RecordedRequest, type RequestCount } from '../../api/gen/types.gen.ts';
import { Button } from '../../ui/button.tsx';
import { formatCount } from '../../ui/format.ts';
import { itemsOf } from '../../ui/paged-table.tsx';
import { Empty, Failed, Loading } from '../../ui/states.tsx';
import { VirtualTable } from '../../ui/virtual-table.tsx';
import { type Order, type requestQuery } from '../request-search.ts';
import { countNew } from './new-requests.ts';
import { COLUMNS } from './request-columns.tsx';

const PAGE_ROWS = 200;
const NEWEST_ROWS = 100;
const ASK_FOR_NEW_MS = 10_000;

interface RequestListProps {
  readonly query: ReturnType<typeof requestQuery>;
  readonly order: Order;
  readonly startAt: string | undefined;
  readonly counted: RequestCount | undefined;
  /** Whether requests may still come in. */
  readonly isLive: boolean;
}

/**
 * The requests themselves. Its key has no tags, so that what comes in never moves the rows that somebody
 * points at: new requests are told of, and shown when asked for.
 */
export function RequestList({ query, order, startAt, counted, isLive }: RequestListProps) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const key = useMemo(() => ['requests', query, order, startAt ?? null] as const, [query, order, startAt]);
  const list = useInfiniteQuery({
    queryKey: key,
    queryFn: async ({ pageParam, signal }) => (await listTraces({ query: { ...query, order, limit: PAGE_ROWS, ...(pageParam === null ? startAt !== undefined && { startAt } : { cursor: pageParam }) }, signal })).data,
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    staleTime: Infinity,
  });
  const rows = useMemo(() => itemsOf(list.data), [list.data]);
  const { hasNextPage, isFetchingNextPage, fetchNextPage, isFetchNextPageError } = list;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage && !isFetchNextPageError) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage]);
  const open = useCallback(({ requestId }: RecordedRequest) => void navigate({ to: '/requests/$requestId', params: { requestId } }), [navigate]);

  if (list.data === undefined) return <div className="px-4 pb-3">{list.error === null ? <Loading rows={12} label="Loading requests" /> : <Failed error={list.error} onRetry={() => void list.refetch()} />}</div>;
  return (
    <div className="relative">
      {isLive && order === 'newest' && startAt === undefined && <News query={query} rows={rows} onShow={() => void client.resetQueries({ queryKey: key })} />}
      {rows.length === 0 ? (
        <Empty title="No request matches">Widen the time above, or take filters out. Requests appear here a few seconds after their answer.</Empty>
      ) : (
        <VirtualTable
          key={rows[0]!.requestId}
          // With other rows at the top it is another list, and begins there.
          placeKey={`${JSON.stringify(key)}${rows[0]!.requestId}`}
          caption="Recorded requests"
          columns={COLUMNS}
          rows={rows}
          rowKey={rowKey}
          rowCount={hasNextPage ? (counted?.isExact === true && startAt === undefined ? counted.requests : null) : rows.length}
          height="max(22rem, calc(100dvh - 25rem))"
          minWidth="66rem"
          onOpen={open}
          onNearEnd={more}
          footer={footerOf(list, rows.length)}
        />
      )}
    </div>
  );
}

function rowKey({ requestId }: RecordedRequest): string {
  return requestId;
}

function footerOf({ hasNextPage, error, fetchNextPage }: { readonly hasNextPage: boolean; readonly error: unknown; readonly fetchNextPage: () => unknown }, rows: number) {
  if (error !== null) return <Failed error={error} onRetry={() => void fetchNextPage()} />;
  return hasNextPage ? 'Loading more…' : `All ${formatCount(rows)} shown.`;
}

/** Says how many came in since; showing them is the viewer's choice. */
function News({ query, rows, onShow }: { readonly query: RequestListProps['query']; readonly rows: readonly RecordedRequest[]; readonly onShow: () => void }) {
  const newest = useQuery({ ...listTracesOptions({ query: { ...query, limit: NEWEST_ROWS } }), refetchInterval: ASK_FOR_NEW_MS, staleTime: 0 });
  const found = useMemo(() => countNew(rows, newest.data?.items ?? []), [rows, newest.data]);
  return (
    <div role="status" className="flex justify-center">
      {found > 0 && (
        <Button size="small" variant="primary" className="absolute top-10 z-20 rounded-full! shadow-lg" icon={<ArrowUp size={13} aria-hidden />} onClick={onShow}>
          {found >= NEWEST_ROWS ? `${NEWEST_ROWS} or more` : found} new
        </Button>
      )}
    </div>
  );
}
