import { Link } from '@tanstack/react-router';
import { type RecordedRequest } from '../../api/gen/types.gen.ts';
import { formatCount, formatDuration, shortId } from '../../ui/format.ts';
import { type VirtualColumn } from '../../ui/virtual-table.tsx';
import { FlagBadges } from '../flag-badges.tsx';
import { StatusBadge } from '../status-badge.tsx';

const CLOCK = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3 });

/** Labels of a request; those that it did not give are left out. */
function labelsOf({ segment: { tenant, task, language } }: RecordedRequest): string {
  return [tenant, task, language].filter((label) => label !== '').join(' · ');
}

export const COLUMNS: readonly VirtualColumn<RecordedRequest>[] = [
  {
    id: 'time', header: 'Admitted', width: '12.5rem', isRowHeader: true,
    cell: ({ requestId, at }) => (
      // The row is what the keyboard goes to; the link is there to open a request in another tab.
      <Link to="/requests/$requestId" params={{ requestId }} tabIndex={-1} title={`${at}, request ${requestId}`}>
        {CLOCK.format(new Date(at))}
      </Link>
    ),
  },
  { id: 'status', header: 'Status', width: '7rem', cell: ({ status }) => <StatusBadge status={status} /> },
  { id: 'duration', header: 'Duration', align: 'right', width: '6.5rem', cell: ({ durationMs }) => formatDuration(durationMs) },
  { id: 'first', header: 'First token', align: 'right', width: '6.5rem', cell: ({ timeToFirstTokenMs }) => formatDuration(timeToFirstTokenMs) },
  { id: 'tokens', header: <span title="Tokens of the prompt, and generated">Tokens in, out</span>, align: 'right', width: '7.5rem', cell: ({ promptTokens, completionTokens }) => `${formatCount(promptTokens)}, ${formatCount(completionTokens)}` },
  {
    id: 'segment', header: 'Tenant · task · language', width: 'minmax(10rem, 1fr)',
    cell: (request) => {
      const labels = labelsOf(request);
      return labels === '' ? <span className="text-ink-soft">none given</span> : <bdi title={labels}>{labels}</bdi>;
    },
  },
  { id: 'release', header: 'Release', width: '7.5rem', cell: ({ releaseId }) => <span className="font-mono text-xs" title={releaseId}>{shortId(releaseId)}</span> },
  { id: 'flags', header: 'Flags', width: '9.5rem', cell: ({ flags, isPinned }) => <FlagBadges flags={flags} isPinned={isPinned} /> },
];
