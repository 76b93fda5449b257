import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { listNotificationsOptions, listReceiversOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { Card } from '../../ui/card.tsx';
import { Loaded } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { DeliveryBadge } from '../receivers/delivery-badge.tsx';

const POLL_MS = 5000;

/** Notifications that told of the newest episode, and whether they arrived. */
export function ToldOf({ fingerprint, count }: { readonly fingerprint: string; readonly count: number }) {
  const receivers = useQuery(listReceiversOptions({ query: { limit: 200 } })).data?.items ?? [];
  const sent = useQuery({ ...listNotificationsOptions({ query: { fingerprint, limit: 20 } }), refetchInterval: POLL_MS });
  return (
    <Card title="Who was told" lead="Of the newest episode, newest first.">
      <Loaded query={sent}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="text-sm text-ink-soft">
              {count > 0 ? 'Its notifications are older than what is kept.' : 'Nobody yet.'} <Link to="/alerts/policy" className="underline">Who is told of what</Link>
            </p>
          ) : (
            <ul className="flex flex-col gap-2 text-sm">
              {items.map(({ id, receiverId, status, state, failure, at, attempts }) => (
                <li key={id} className="flex flex-wrap items-center gap-2">
                  <Time at={at} />
                  <span>{status === 'firing' ? 'fires' : 'resolved'}</span>
                  <span>
                    to{' '}
                    <Link to="/alerts/receivers/$receiverId" params={{ receiverId }} className="underline wrap-anywhere">
                      {receivers.find((one) => one.id === receiverId)?.name ?? 'a receiver'}
                    </Link>
                  </span>
                  <DeliveryBadge state={state} failure={failure} />
                  {attempts > 1 && <span className="text-xs text-ink-soft">{attempts} attempts</span>}
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Card>
  );
}
