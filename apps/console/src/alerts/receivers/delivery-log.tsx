import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { RotateCcw } from 'lucide-react';
import { useState } from 'react';
import { listNotificationsInfiniteOptions, replayReceiverMutation } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type NotificationSummary, type Receiver } from '../../api/gen/types.gen.ts';
import { refresh } from '../../api/query-client.ts';
import { useMay } from '../../session/session.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { type Column } from '../../ui/data-table.tsx';
import { byCursor, PagedTable } from '../../ui/paged-table.tsx';
import { Empty } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { tellDone } from '../../ui/toasts.tsx';
import { FilterBar } from '../parts/filter-bar.tsx';
import { type Filters, oneOf } from '../parts/filters.ts';
import { DeliveryBadge } from './delivery-badge.tsx';
import { NotificationDialog } from './notification-dialog.tsx';

const STATES = ['waiting', 'delivered', 'dead', 'testing'] as const;
const STATE_NAMES = { waiting: 'waiting', delivered: 'delivered', dead: 'given up', testing: 'being tested' } as const;
/** Dead letters are kept for 30 days. */
const KEPT_MS = 30 * 86_400_000;
const POLL_MS = 10_000;

/** Notifications for a receiver, each with every attempt, and dead letters to be delivered again. */
export function DeliveryLog({ receiver: { id, name, deadLetters, disabledReason } }: { readonly receiver: Receiver }) {
  const { delivery } = useSearch({ strict: false }) as Filters;
  const mayOperate = useMay('operate');
  const [opened, setOpened] = useState<string | null>(null);
  const [isReplaying, setReplaying] = useState(false);
  const log = useInfiniteQuery({ ...listNotificationsInfiniteOptions({ query: { receiver: id, state: oneOf(delivery, STATES) } }), ...byCursor, refetchInterval: POLL_MS });
  const replayAll = useMutation({
    ...replayReceiverMutation(),
    onSuccess: async ({ replayed, superseded, more }) => {
      setReplaying(false);
      tellDone(`${replayed} put back into the outbox`, superseded > 0 || more ? `${superseded} were left, because their group has told more since.${more ? ' There are more: do it again.' : ''}` : undefined);
      await refresh('receivers');
    },
  });
  const columns: Column<NotificationSummary>[] = [
    { id: 'at', header: 'Made', isRowHeader: true, cell: (one) => <Button size="small" variant="quiet" onClick={() => setOpened(one.id)}><Time at={one.at} as="full" /></Button> },
    { id: 'what', header: 'Tells', cell: ({ reason, status, alerts }) => (reason === 'test' ? 'a test' : `${alerts} ${alerts === 1 ? 'alert' : 'alerts'}, ${status}`) },
    { id: 'group', header: 'Group', isSecondary: true, cell: ({ groupLabels }) => <span className="text-xs text-ink-soft wrap-anywhere">{Object.entries(groupLabels).map(([label, value]) => `${label} ${String(value).slice(0, 24)}`).join(', ')}</span> },
    { id: 'state', header: 'State', cell: ({ state, failure }) => <DeliveryBadge state={state} failure={failure} /> },
    { id: 'attempts', header: 'Attempts', align: 'right', cell: ({ attempts }) => attempts },
    { id: 'due', header: 'Next try', isSecondary: true, cell: ({ dueAt }) => (dueAt === null ? '' : <Time at={dueAt} as="relative" />) },
  ];
  return (
    <Card
      isFlush
      title="Delivery log"
      lead="Kept for 30 days."
      actions={
        <>
          <FilterBar filters={[{ name: 'delivery', label: 'State', all: 'Any', choices: STATES.map((value) => ({ value, label: STATE_NAMES[value] })) }]} />
          {mayOperate && deadLetters > 0 && (
            <Button className="self-end" disabled={disabledReason !== null} title={disabledReason === null ? undefined : 'Switch the receiver on first'} icon={<RotateCcw size={14} aria-hidden />} onClick={() => setReplaying(true)}>
              Replay all {deadLetters} dead letters
            </Button>
          )}
        </>
      }
    >
      <PagedTable caption={`Notifications for ${name}`} query={log} columns={columns} rowKey={(one) => one.id} empty={<Empty title="Nothing was sent">{delivery === undefined ? 'Who is told says of which alerts it is told. A test shows whether it works.' : 'No notification is in this state.'}</Empty>} />
      {opened !== null && <NotificationDialog notificationId={opened} isReceiverOn={disabledReason === null} onClose={() => setOpened(null)} />}
      <Confirm
        isOpen={isReplaying}
        onClose={() => setReplaying(false)}
        title={`Replay the dead letters of ${name}`}
        consequences={[`Up to 1000 of its ${deadLetters} dead letters are sent again, oldest first, with the same ids.`, 'Those whose group has told more since are left out: they would say what is no longer so.']}
        confirmLabel="Replay"
        isPending={replayAll.isPending}
        error={replayAll.error}
        onConfirm={() => replayAll.mutate({ path: { receiverId: id }, body: { since: new Date(Date.now() - KEPT_MS).toISOString() } })}
      />
    </Card>
  );
}
