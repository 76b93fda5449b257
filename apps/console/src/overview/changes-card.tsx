import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { listChangeQueueOptions, listProtectionOverridesOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { type OwedReview } from '../api/gen/types.gen.ts';
import { Badge } from '../ui/badge.tsx';
import { Card } from '../ui/card.tsx';
import { Loaded } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';

const MOST = 200;
const SHOWN = 5;

/** Change requests that have not ended, and reviews that are owed. */
export function ChangesCard({ model, owed }: { readonly model: string; readonly owed: readonly OwedReview[] }) {
  const queue = useQuery(listChangeQueueOptions({ query: { state: 'pending', limit: MOST } }));
  const overrides = useQuery(listProtectionOverridesOptions({ path: { model }, query: { owed: 'true', limit: MOST } })).data?.items ?? [];
  return (
    <Card title="Changes under way" actions={<Link to="/changes" className="text-xs">Changes</Link>}>
      <Loaded query={queue} rows={2}>
        {({ items }) => {
          const pending = items.filter(({ change }) => change.model === model || change.model === null);
          if (pending.length === 0 && owed.length === 0 && overrides.length === 0) return <p className="text-sm text-ink-soft">Nothing waits for a decision, and no review is owed.</p>;
          return (
            <ul className="flex flex-col gap-2 text-sm">
              {owed.map(({ change, due, overdue }) => (
                <li key={`owed ${change.id}`} className="flex flex-wrap items-baseline gap-x-2">
                  <Badge tone={overdue ? 'bad' : 'warn'}>{overdue ? 'review overdue' : 'review owed'}</Badge>
                  <ChangeLink id={change.id} number={change.number} title={change.title} />
                  <span className="text-xs text-ink-soft">
                    due <Time at={due} as="relative" />
                  </span>
                </li>
              ))}
              {overrides.map(({ id, takings, reviewDueAt, isOverdue }) => (
                <li key={id} className="flex flex-wrap items-baseline gap-x-2">
                  <Badge tone={isOverdue ? 'bad' : 'warn'}>{isOverdue ? 'review overdue' : 'review owed'}</Badge>
                  <Link to="/changes/reviews" search={{ model }} className="min-w-0 wrap-anywhere">
                    {takings.length === 1 ? 'A protected expert was' : `${takings.length} protected experts were`} taken away
                  </Link>
                  {reviewDueAt !== null && (
                    <span className="text-xs text-ink-soft">
                      due <Time at={reviewDueAt} as="relative" />
                    </span>
                  )}
                </li>
              ))}
              {pending.slice(0, SHOWN).map(({ change, waitsForYou }) => (
                <li key={change.id} className="flex flex-wrap items-baseline gap-x-2">
                  <Badge tone={change.state === 'approved' ? 'accent' : 'neutral'}>{change.state}</Badge>
                  <ChangeLink id={change.id} number={change.number} title={change.title} />
                  {waitsForYou !== null && <span className="text-xs font-medium text-accent">waits for you</span>}
                </li>
              ))}
              {pending.length > SHOWN && (
                <li>
                  <Link to="/changes">{pending.length - SHOWN} more</Link>
                </li>
              )}
            </ul>
          );
        }}
      </Loaded>
    </Card>
  );
}

function ChangeLink({ id, number, title }: { readonly id: string; readonly number: number; readonly title: string }) {
  return (
    <Link to="/changes/$changeId" params={{ changeId: id }} className="min-w-0 wrap-anywhere">
      {number}: {title}
    </Link>
  );
}
