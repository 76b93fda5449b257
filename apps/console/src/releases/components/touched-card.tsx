import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { getRecallOptions, listRecallRequestsInfiniteOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type ComponentVersionDetail } from '../../api/gen/types.gen.ts';
import { useMay } from '../../session/session.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { CheckboxField } from '../../ui/fields.tsx';
import { formatCount, formatNumber } from '../../ui/format.ts';
import { byCursor, PagedTable } from '../../ui/paged-table.tsx';
import { ShortId } from '../../ui/short-id.tsx';
import { Empty } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { ReleaseLink } from '../release-link.tsx';

/** Which recorded requests a version touched: before a recall to decide on it, after one to follow it up. Read only when asked for, since each page is audited. */
export function TouchedCard({ component: { sha256, kind } }: { readonly component: ComponentVersionDetail }) {
  const [isAsked, setAsked] = useState(false);
  const [selected, setSelected] = useState(false);
  const mayRead = useMay('traces');
  const report = useQuery(getRecallOptions({ path: { sha256 } })).data;
  const total = report?.releases.reduce((sum, { requests }) => sum + requests, 0);
  return (
    <Card
      title="Requests that it touched"
      lead={total === undefined ? undefined : `${formatCount(total)} recorded requests were answered by releases that hold it, within the retention of traces.`}
      isFlush={isAsked}
      actions={
        <>
          {kind === 'expert' && mayRead && (
            <CheckboxField name="selected" label="Only those of which it got a token" checked={selected} onChange={(event) => setSelected(event.target.checked)} />
          )}
          {!isAsked && (
            <Button size="small" onClick={() => setAsked(true)}>
              List them
            </Button>
          )}
        </>
      }
    >
      {isAsked ? <Touched sha256={sha256} selected={selected} /> : <p className="text-sm text-ink-soft">Each page of the list is written to the audit log.{kind === 'expert' && ' To see which requests the expert got tokens of, the traces are opened, which takes the permission traces.'}</p>}
    </Card>
  );
}

function Touched({ sha256, selected }: { readonly sha256: string; readonly selected: boolean }) {
  const query = useInfiniteQuery({ ...listRecallRequestsInfiniteOptions({ path: { sha256 }, query: { selected: selected ? 'true' : 'false' } }), ...byCursor, staleTime: Infinity, refetchOnWindowFocus: false });
  const pages = query.data?.pages ?? [];
  const unreadable = pages.reduce((sum, page) => sum + page.unreadable.length, 0);
  const looked = pages.reduce((sum, page) => sum + page.looked, 0);
  return (
    <>
      <PagedTable
        query={query}
        caption="Requests that the version touched, newest first"
        rowKey={({ requestId }) => requestId}
        empty={<Empty title="None of those looked at">{query.hasNextPage ? 'Older ones may be: show more.' : 'What is past the retention of traces cannot be told.'}</Empty>}
        columns={[
          { id: 'request', header: 'Request', isRowHeader: true, cell: ({ requestId }) => <><Link to="/requests/$requestId" params={{ requestId }}>open</Link> <ShortId id={requestId} what="request id" /></> },
          { id: 'at', header: 'At', cell: ({ at }) => <Time at={at} /> },
          { id: 'release', header: 'Release', cell: ({ releaseId }) => <ReleaseLink releaseId={releaseId} /> },
          { id: 'status', header: 'Status', cell: ({ status }) => <Badge tone={status === 'answered' ? 'neutral' : 'warn'}>{status}</Badge> },
          { id: 'tokens', header: 'Tokens it got', align: 'right', cell: ({ experts }) => (experts === null ? '' : formatCount(experts.reduce((sum, { tokens }) => sum + tokens, 0))) },
          { id: 'gates', header: 'Gate mass', align: 'right', cell: ({ experts }) => (experts === null ? '' : formatNumber(experts.reduce((sum, { gateMass }) => sum + gateMass, 0))) },
        ]}
      />
      {pages.length > 0 && (
        <p className="px-4 py-2 text-xs text-ink-soft">
          Looked at {formatCount(looked)} requests. {unreadable > 0 && `${formatCount(unreadable)} traces did not open: they may have touched it. `}
          {(pages[0]?.unknown ?? 0) > 0 && `${formatCount(pages[0]!.unknown)} requests are past the retention of traces and cannot be told.`}
        </p>
      )}
    </>
  );
}
