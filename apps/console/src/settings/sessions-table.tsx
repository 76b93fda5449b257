import { type InfiniteData, type UseInfiniteQueryResult } from '@tanstack/react-query';
import { useQuery } from '@tanstack/react-query';
import { getSettingsOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { type Session, type Sessions } from '../api/gen/types.gen.ts';
import { useMay } from '../session/session.ts';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { type Column } from '../ui/data-table.tsx';
import { PagedTable } from '../ui/paged-table.tsx';
import { Empty } from '../ui/states.tsx';
import { Time, useNowMs } from '../ui/time.tsx';
import { sessionState } from './key-expiry.ts';

interface SessionsTableProps {
  readonly caption: string;
  readonly query: Pick<UseInfiniteQueryResult<InfiniteData<Sessions>, unknown>, 'data' | 'error' | 'refetch' | 'hasNextPage' | 'fetchNextPage' | 'isFetchingNextPage'>;
  /** Left out where sessions end all together only. */
  readonly onEnd?: (session: Session) => void;
}

/** Sessions of browsers, newest first. */
export function SessionsTable({ caption, query, onEnd }: SessionsTableProps) {
  const nowMs = useNowMs();
  const idleMs = useQuery({ ...getSettingsOptions(), enabled: useMay('read'), staleTime: Infinity }).data?.session.idleMs ?? null;
  const columns: readonly Column<Session>[] = [
    {
      id: 'opened',
      header: 'Opened',
      isRowHeader: true,
      cell: ({ createdAt, isThis }) => (
        <span className="inline-flex flex-wrap items-center gap-2">
          <Time at={createdAt} />
          {isThis && <Badge tone="accent">this browser</Badge>}
        </span>
      ),
    },
    {
      id: 'state',
      header: 'State',
      cell: (session) => {
        const state = sessionState(session, nowMs, idleMs);
        return <Badge tone={state === 'open' ? 'ok' : 'neutral'}>{state}</Badge>;
      },
    },
    { id: 'by', header: 'By', cell: ({ by }) => (by === 'key' ? 'a key' : 'the provider') },
    { id: 'seen', header: 'Last seen', cell: ({ lastSeenAt }) => <Time at={lastSeenAt} as="relative" /> },
    { id: 'ends', header: 'Ends at the latest', cell: ({ endedAt, expiresAt }) => <Time at={endedAt ?? expiresAt} />, isSecondary: true },
    ...(onEnd
      ? [
          {
            id: 'end',
            header: <span className="sr-only">What can be done</span>,
            align: 'right' as const,
            cell: (session: Session) =>
              session.endedAt === null && Date.parse(session.expiresAt) > nowMs && !session.isThis && (
                <Button size="small" variant="quiet" onClick={() => onEnd(session)}>
                  End
                </Button>
              ),
          },
        ]
      : []),
  ];
  return <PagedTable caption={caption} query={query} columns={columns} rowKey={({ id }) => id} empty={<Empty title="There are no sessions">Nobody signed in with this account from a browser yet.</Empty>} />;
}
