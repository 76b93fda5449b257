import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { listChangeQueueInfiniteOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { type QueuedChange } from '../api/gen/types.gen.ts';
import { useMe } from '../session/session.ts';
import { useModel, useSetSearch } from '../shell/scope.ts';
import { Badge } from '../ui/badge.tsx';
import { Card } from '../ui/card.tsx';
import { type Column } from '../ui/data-table.tsx';
import { byCursor, PagedTable } from '../ui/paged-table.tsx';
import { Empty } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { ClassBadge, StateBadge } from './change-badges.tsx';
import { ACTS, blockedBy, CHANGE_TYPES, STATES, typeLabel } from './change-words.ts';
import { ChangesFrame } from './changes-frame.tsx';
import { type QueueSearch } from './queue-search.ts';

const PAGE = 25;
const CONTROL = 'h-8 rounded-md border border-line-strong/60 bg-surface px-2 text-sm';

const COLUMNS: readonly Column<QueuedChange>[] = [
  {
    id: 'title', header: 'Request', isRowHeader: true,
    cell: ({ change }) => (
      <div className="min-w-52">
        <Link to="/changes/$changeId" params={{ changeId: change.id }} className="font-medium wrap-anywhere">
          {change.title}
        </Link>
        <p className="text-xs text-ink-soft">
          #{change.number} · {typeLabel(change.type)} · {change.model ?? 'all models'}
        </p>
      </div>
    ),
  },
  {
    id: 'state', header: 'State',
    cell: ({ change }) => (
      <div className="flex flex-wrap gap-1">
        <StateBadge state={change.state} />
        {change.class !== 'normal' && <ClassBadge value={change.class} />}
      </div>
    ),
  },
  { id: 'blocked', header: 'What it waits for', cell: (one) => <Waits of={one} /> },
  { id: 'author', header: 'Author', isSecondary: true, cell: ({ change }) => change.author.name },
  { id: 'age', header: 'Drafted', cell: ({ change }) => <Time at={change.createdAt} as="relative" /> },
  { id: 'expires', header: 'Expires', isSecondary: true, cell: ({ change }) => (['draft', 'open', 'approved', 'scheduled'].includes(change.state) ? <Time at={change.expiresAt} as="relative" /> : 'ended') },
];

function Waits({ of: { change, blockers, waitsForYou, owesReview } }: { readonly of: QueuedChange }) {
  const line = blockedBy(blockers);
  return (
    <div className="flex min-w-44 flex-col items-start gap-1">
      {waitsForYou !== null && <Badge tone="accent">for you: {ACTS[waitsForYou].toLowerCase()}</Badge>}
      {owesReview && <Badge tone="bad">review owed</Badge>}
      {change.schedule !== null && change.state === 'scheduled' && (
        <span>
          Its time: <Time at={change.schedule.at} />
        </span>
      )}
      {line !== null && (
        <span className="wrap-anywhere">
          {line}
        </span>
      )}
      {line === null && waitsForYou === null && !owesReview && change.state !== 'scheduled' && <span className="text-ink-soft">{STATES[change.state].about}</span>}
    </div>
  );
}

/** Change requests, newest first, with what blocks each. */
export function QueuePage() {
  const search = useSearch({ strict: false }) as QueueSearch;
  const setSearch = useSetSearch();
  const model = useModel();
  const me = useMe();
  const { state, type, author, of, waiting } = search;
  const query = useInfiniteQuery({
    ...listChangeQueueInfiniteOptions({
      query: {
        limit: PAGE,
        ...(state !== 'all' && { state: state ?? 'pending' }),
        ...(of === 'model' && typeof model === 'string' && { model }),
        ...(type !== undefined && { type }),
        ...(author !== undefined && { author }),
        ...(waiting !== undefined && { waitingFor: waiting }),
      },
    }),
    ...byCursor,
    enabled: of !== 'model' || model !== undefined,
  });
  return (
    <ChangesFrame title="Changes" lead="What shall change, on which evidence, and who lets it.">
      <Card isFlush title="Queue" lead="Judged for you, now: what the policy still asks for, and what you can do.">
        <div className="flex flex-wrap items-center gap-2 px-4 pb-3">
          <select aria-label="State" className={CONTROL} value={state ?? ''} onChange={(event) => setSearch({ state: event.target.value || undefined })}>
            <option value="">Not ended</option>
            <option value="all">All states</option>
            {Object.keys(STATES).map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
          <select aria-label="Type" className={CONTROL} value={type ?? ''} onChange={(event) => setSearch({ type: event.target.value || undefined })}>
            <option value="">All types</option>
            {Object.entries(CHANGE_TYPES).map(([name, label]) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
          </select>
          <select aria-label="Models" className={CONTROL} value={of ?? ''} onChange={(event) => setSearch({ of: event.target.value || undefined })}>
            <option value="">All models</option>
            <option value="model">{model ?? 'No model'} only</option>
          </select>
          <select aria-label="Author" className={CONTROL} value={author ?? ''} onChange={(event) => setSearch({ author: event.target.value || undefined })}>
            <option value="">All authors</option>
            {me !== undefined && <option value={me.account}>Written by me</option>}
            {author !== undefined && author !== me?.account && <option value={author}>{author}</option>}
          </select>
          <label className="flex items-center gap-2 text-sm">
            <input type="checkbox" className="size-4 accent-accent" checked={waiting === 'me'} onChange={(event) => setSearch({ waiting: event.target.checked ? 'me' : undefined })} />
            Waiting for me
          </label>
        </div>
        <PagedTable
          query={query}
          caption="Change requests"
          columns={COLUMNS}
          rowKey={({ change }) => change.id}
          empty={query.hasNextPage ? undefined : <Empty title={waiting === 'me' ? 'Nothing waits for you' : 'No change requests here'}>{waiting === 'me' ? 'Requests that you may approve, apply or review appear here.' : 'Where a model changes only by approved requests, each change begins with one. Choose other filters to see those that have ended.'}</Empty>}
        />
      </Card>
    </ChangesFrame>
  );
}
