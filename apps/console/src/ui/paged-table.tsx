import { type InfiniteData, type UseInfiniteQueryResult } from '@tanstack/react-query';
import { Button } from './button.tsx';
import { DataTable, type DataTableProps } from './data-table.tsx';
import { Failed, Loading } from './states.tsx';

interface PageOf<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

/** How the API's lists say where their next page begins; for `useInfiniteQuery({...listXInfiniteOptions(..), ...byCursor})`. */
export const byCursor = {
  // Some operations want a path here; what they were asked with is kept, so nothing is as good.
  initialPageParam: {} as never,
  getNextPageParam: ({ nextCursor }: { readonly nextCursor: string | null }): string | undefined => nextCursor ?? undefined,
};

export function itemsOf<T>(data: InfiniteData<PageOf<T>> | undefined): readonly T[] {
  return data?.pages.flatMap(({ items }) => items) ?? [];
}

/** A list of the API that pages by cursor, with a button for more. */
export function PagedTable<T>({ query, ...table }: Omit<DataTableProps<T>, 'rows'> & { readonly query: Pick<UseInfiniteQueryResult<InfiniteData<PageOf<T>>, unknown>, 'data' | 'error' | 'refetch' | 'hasNextPage' | 'fetchNextPage' | 'isFetchingNextPage'> }) {
  if (query.data === undefined) {
    return (
      <div className="px-4 pb-3">{query.error === null ? <Loading rows={5} /> : <Failed error={query.error} onRetry={() => void query.refetch()} />}</div>
    );
  }
  return (
    <>
      <DataTable {...table} rows={itemsOf(query.data)} />
      {query.error !== null && <Failed error={query.error} onRetry={() => void query.refetch()} />}
      {query.hasNextPage && (
        <div className="flex justify-center p-2">
          <Button size="small" variant="quiet" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {query.isFetchingNextPage ? 'Loading…' : 'Show more'}
          </Button>
        </div>
      )}
    </>
  );
}
