import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { listReviewsOwedInfiniteOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { type OwedReview } from '../api/gen/types.gen.ts';
import { Badge } from '../ui/badge.tsx';
import { Card } from '../ui/card.tsx';
import { type Column } from '../ui/data-table.tsx';
import { byCursor, PagedTable } from '../ui/paged-table.tsx';
import { Empty } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { ChangesFrame } from './changes-frame.tsx';
import { OverridesCard } from './overrides-card.tsx';

const COLUMNS: readonly Column<OwedReview>[] = [
  {
    id: 'change', header: 'Change', isRowHeader: true,
    cell: ({ change, reason }) => (
      <div className="min-w-52">
        <Link to="/changes/$changeId" params={{ changeId: change.id }} className="font-medium wrap-anywhere">
          {change.title}
        </Link>
        <p className="text-xs text-ink-soft wrap-anywhere">
          #{change.number} · {change.model ?? 'all models'} · {reason}
        </p>
      </div>
    ),
  },
  { id: 'kind', header: 'Owed', cell: ({ kind, verdict }) => <span>{kind === 'review' ? 'a review by somebody who had no hand in it' : verdict === 'to-revert' ? 'to be reverted, then confirmed' : 'to be confirmed or reverted'}</span> },
  { id: 'due', header: 'Due', cell: ({ due }) => <Time at={due} /> },
  { id: 'left', header: 'Time', cell: ({ due, overdue }) => <Badge tone={overdue ? 'bad' : 'warn'}>{overdue ? <>overdue, <Time at={due} as="relative" /></> : <Time at={due} as="relative" />}</Badge> },
];

/** What broken glass and emergencies over protected experts still owe. */
export function ReviewsPage() {
  const query = useInfiniteQuery({ ...listReviewsOwedInfiniteOptions({ query: { limit: 50 } }), ...byCursor });
  return (
    <ChangesFrame title="Reviews owed" lead="What was done in an emergency, until somebody else has reviewed and confirmed it: changes applied by breaking the glass, and protected experts that were taken away.">
      <Card isFlush title="Broken glass" lead="Open a change to review it. Nothing is reverted by itself.">
        <PagedTable query={query} caption="Reviews owed" columns={COLUMNS} rowKey={({ change, kind }) => `${change.id} ${kind}`} empty={<Empty title="Nothing is owed">Every broken glass has been reviewed and confirmed.</Empty>} />
      </Card>
      <OverridesCard />
    </ChangesFrame>
  );
}
