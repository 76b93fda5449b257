import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { countTracesOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type ScopeSearch, useModel, useSetSearch, useWindow } from '../../shell/scope.ts';
import { useMay } from '../../session/session.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { formatCount } from '../../ui/format.ts';
import { NotAllowed } from '../../ui/not-allowed.tsx';
import { Page } from '../../ui/page.tsx';
import { Empty, Loading } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { filterOf, requestQuery, type RequestSearch } from '../request-search.ts';
import { ExportRequests } from './export-requests.tsx';
import { RequestFilters } from './request-filters.tsx';
import { RequestList } from './request-list.tsx';
import { RequestStrip } from './request-strip.tsx';

export function RequestsPage() {
  const model = useModel();
  const mayTraces = useMay('traces');
  return (
    <Page title="Requests" lead="What was asked and recorded, without its content. Open one to see its times, and where its tokens went.">
      {model === undefined && <Loading rows={8} />}
      {model === null && <Empty title="No model is served yet">Import a checkpoint under Releases; requests appear here once it answers.</Empty>}
      {typeof model === 'string' && (
        <>
          <RequestStrip model={model} />
          {mayTraces ? (
            <Requests model={model} />
          ) : (
            <Card>
              <NotAllowed permission="traces">Single requests are as sensitive as what was asked. How many there were and how they fared is above, by the hour or minute.</NotAllowed>
            </Card>
          )}
        </>
      )}
    </Page>
  );
}

function Requests({ model }: { readonly model: string }) {
  const search = useSearch({ strict: false }) as RequestSearch & ScopeSearch;
  const setSearch = useSetSearch();
  const window = useSettledWindow();
  const { order = 'newest', at } = search;
  const query = useMemo(() => requestQuery(model, window, filterOf(search)), [model, window, search]);
  const counted = useQuery({ ...countTracesOptions({ query }), staleTime: 60_000 }).data;
  return (
    <Card
      isFlush
      title={counted === undefined ? 'Requests' : <Counted {...counted} />}
      lead={
        at !== undefined && (
          <>
            From <Time at={at} as="full" /> {order === 'oldest' ? 'on' : 'back'}.
          </>
        )
      }
      actions={
        <>
          {at !== undefined && (
            <Button size="small" onClick={() => setSearch({ at: undefined })}>
              {order === 'oldest' ? 'Back to the oldest' : 'Back to the newest'}
            </Button>
          )}
          <ExportRequests query={query} order={order} />
        </>
      }
    >
      <RequestFilters model={model} window={window} />
      <RequestList query={query} order={order} startAt={at} counted={counted} isLive={window.range !== null} />
    </Card>
  );
}

function Counted({ requests, isExact }: { readonly requests: number; readonly isExact: boolean }) {
  const all = new Intl.NumberFormat('en').format(requests);
  return <span title={isExact ? undefined : `Counted up to ${formatCount(requests)}.`}>{isExact ? `${all} ${requests === 1 ? 'request' : 'requests'}` : `More than ${all} requests`}</span>;
}

/** The time of the address as it was when it was chosen: a list that moved on with the clock would move its rows. */
function useSettledWindow() {
  const now = useWindow();
  const { range, from, to } = useSearch({ strict: false }) as ScopeSearch;
  // eslint-disable-next-line react-hooks/exhaustive-deps -- `now` moves on, and is meant to be left behind
  return useMemo(() => now, [range, from, to]);
}
