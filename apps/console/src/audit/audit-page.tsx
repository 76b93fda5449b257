import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { listAuditInfiniteOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { type AuditEntry } from '../api/gen/types.gen.ts';
import { useSetSearch, useWindow } from '../shell/scope.ts';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { type Column } from '../ui/data-table.tsx';
import { byCursor, PagedTable } from '../ui/paged-table.tsx';
import { Empty } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { AuditFrame, useMayAudit } from './audit-frame.tsx';
import { AuditFilters } from './audit-filters.tsx';
import { actorName, type AuditSearch } from './audit-search.ts';

/** Who did what, newest first. */
export function AuditPage() {
  const { action, actor, subject, requestId, whole } = useSearch({ strict: false }) as AuditSearch;
  const window = useWindow();
  const mayAudit = useMayAudit();
  const time = whole === true ? {} : { from: window.from, ...(window.range === null && { to: window.to }) };
  const query = useInfiniteQuery({ ...listAuditInfiniteOptions({ query: { action, actor, subject, requestId, ...time } }), ...byCursor, enabled: mayAudit, placeholderData: keepPreviousData });
  const setSearch = useSetSearch();
  return (
    <AuditFrame title="Audit" lead="Every change of state is written here in the same transaction, and so is each look at a trace.">
      <AuditFilters />
      <Card isFlush>
        <PagedTable
          caption="Entries of the audit log"
          query={query}
          rowKey={({ id }) => id}
          columns={columns((filter) => setSearch(filter))}
          empty={
            <Empty title="No entry fits" action={whole === true ? undefined : <Button onClick={() => setSearch({ whole: true })}>Search the whole log</Button>}>
              {whole === true ? 'Take filters out: an action ends in .* for all of an area, a subject in /* for all of a kind.' : 'Nothing in the time that is chosen above fits the filters.'}
            </Empty>
          }
        />
      </Card>
    </AuditFrame>
  );
}

function columns(narrow: (filter: Readonly<Record<string, string>>) => void): readonly Column<AuditEntry>[] {
  return [
    {
      id: 'at',
      header: 'When',
      isRowHeader: true,
      cell: ({ at, id }) => (
        <Link to="/audit/entries/$entryId" params={{ entryId: id }} className="font-medium">
          <Time at={at} as="full" />
        </Link>
      ),
    },
    { id: 'actor', header: 'Who', cell: ({ actor, details }) => <Narrow label={actorName(details) ?? actor} what={`by ${actorName(details) ?? actor}`} title={actor} onNarrow={() => narrow({ actor })} /> },
    { id: 'action', header: 'Did what', cell: ({ action }) => <Narrow label={action} what={`with the action ${action}`} isCode onNarrow={() => narrow({ action })} /> },
    { id: 'subject', header: 'To what', cell: ({ subject }) => <Narrow label={subject} what={`on ${subject}`} isCode onNarrow={() => narrow({ subject })} /> },
    { id: 'reason', header: 'Why', cell: ({ reason }) => <span className="line-clamp-2 max-w-md wrap-anywhere">{reason}</span>, isSecondary: true },
  ];
}

/** A cell by which the list can be narrowed down. */
function Narrow({ label, what, title, isCode = false, onNarrow }: { readonly label: string; readonly what: string; readonly title?: string; readonly isCode?: boolean; readonly onNarrow: () => void }) {
  return (
    <button type="button" title={title ?? label} aria-label={`${label}: only entries ${what}`} className={`block max-w-72 cursor-pointer truncate text-left hover:underline ${isCode ? 'font-mono text-xs leading-5' : ''}`} onClick={onNarrow}>
      {label}
    </button>
  );
}
