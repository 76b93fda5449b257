import { useInfiniteQuery } from '@tanstack/react-query';
import { getActivationHistoryInfiniteOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type ActivationEvent } from '../../api/gen/types.gen.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { byCursor, itemsOf } from '../../ui/paged-table.tsx';
import { Empty, Loaded } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { changesOf } from './history-words.ts';

const PAGE = 20;

/** Every write of what serves, newest first, with who and why. */
export function HistoryCard({ model }: { readonly model: string }) {
  const query = useInfiniteQuery({ ...getActivationHistoryInfiniteOptions({ path: { model }, query: { limit: PAGE } }), ...byCursor });
  return (
    <Card title="History" lead="Every change of what serves, with its author and reason.">
      <Loaded query={query}>
        {(data) => {
          const events = itemsOf(data);
          if (events.length === 0) return <Empty title="Nothing was changed yet">Every activation, canary and roll back will stand here.</Empty>;
          return (
            <>
              <ol className="relative ml-1.5 flex flex-col gap-4 border-l border-line">
                {events.map((event) => (
                  <Event key={event.generation} event={event} />
                ))}
              </ol>
              {query.hasNextPage && (
                <Button size="small" variant="quiet" className="mt-3" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                  Show more
                </Button>
              )}
            </>
          );
        }}
      </Loaded>
    </Card>
  );
}

const CAUSES: Readonly<Record<string, string>> = { 'approved-change': 'approved change', 'approved-rollout': 'approved rollout', 'broken-glass': 'glass broken' };

function Event({ event }: { readonly event: ActivationEvent }) {
  const { command, at, actor, actorName, cause, reason, generation } = event;
  return (
    <li className="relative pl-5">
      <span aria-hidden className="absolute top-1.5 -left-[5px] size-2.5 rounded-full border-2 border-accent bg-surface" />
      <p className="flex flex-wrap items-baseline gap-x-2 gap-y-0.5 text-sm">
        <span className="font-medium">{command}</span>
        <span className="text-ink-soft" title={actor}>
          by {actorName === '' ? actor : actorName}
        </span>
        <span className="text-xs text-ink-soft">
          <Time at={at} /> · generation {generation}
        </span>
        {CAUSES[cause] !== undefined && <Badge tone={cause === 'broken-glass' ? 'warn' : 'info'}>{CAUSES[cause]}</Badge>}
      </p>
      <ul className="font-mono text-xs text-ink-soft">
        {changesOf(event).map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      {reason !== null && <p className="mt-0.5 text-sm wrap-anywhere">“{reason}”</p>}
    </li>
  );
}
