import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { expireSilenceMutation, listSilencesInfiniteOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type Silence } from '../../api/gen/types.gen.ts';
import { refresh } from '../../api/query-client.ts';
import { useMay } from '../../session/session.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { type Column } from '../../ui/data-table.tsx';
import { byCursor, PagedTable } from '../../ui/paged-table.tsx';
import { Empty } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { tellDone } from '../../ui/toasts.tsx';
import { AlertsFrame } from '../parts/alerts-frame.tsx';
import { FilterBar } from '../parts/filter-bar.tsx';
import { type Filters } from '../parts/filters.ts';
import { MatcherList } from '../parts/matcher-list.tsx';
import { matcherText } from '../parts/labels.ts';
import { SilenceDialog } from './silence-dialog.tsx';

/** Times in which nobody is told of some alerts. */
export function SilencesPage() {
  const { live } = useSearch({ strict: false }) as Filters;
  const mayOperate = useMay('operate');
  const [isMaking, setMaking] = useState(false);
  const [ending, setEnding] = useState<Silence | null>(null);
  const silences = useInfiniteQuery({ ...listSilencesInfiniteOptions({ query: { live: live === 'all' ? 'false' : 'true' } }), ...byCursor });
  const expire = useMutation({
    ...expireSilenceMutation(),
    onSuccess: async () => {
      setEnding(null);
      tellDone('The silence has ended');
      await refresh('alerts');
    },
  });
  const columns: Column<Silence>[] = [
    { id: 'matchers', header: 'Silences', isRowHeader: true, cell: ({ matchers }) => <MatcherList matchers={matchers} none="nothing" /> },
    { id: 'state', header: 'State', cell: (silence) => <SilenceState silence={silence} /> },
    { id: 'from', header: 'From', isSecondary: true, cell: ({ from }) => <Time at={from} /> },
    { id: 'to', header: 'Until', cell: ({ to }) => <Time at={to} /> },
    { id: 'why', header: 'Why', cell: ({ comment }) => <span className="wrap-anywhere">{comment}</span> },
    { id: 'end', header: <span className="sr-only">End it</span>, align: 'right', cell: (silence) => (mayOperate && Date.parse(silence.to) > Date.now() ? <Button size="small" onClick={() => setEnding(silence)}>End now</Button> : null) },
  ];
  return (
    <AlertsFrame
      tab="Silences"
      actions={
        mayOperate && (
          <Button variant="primary" onClick={() => setMaking(true)}>
            New silence
          </Button>
        )
      }
    >
      <FilterBar filters={[{ name: 'live', label: 'Show', all: 'Those that have not ended', choices: [{ value: 'all', label: 'All' }] }]} />
      <Card isFlush title="Silences" lead="They are ended, never deleted.">
        <PagedTable caption="Silences by their end" query={silences} columns={columns} rowKey={({ id }) => id} empty={<Empty title={live === 'all' ? 'Nothing was ever silenced' : 'Nothing is silenced'}>A silence keeps notifications back for a time, such as during a load test. Rules that are wrong are better changed.</Empty>} />
      </Card>
      {isMaking && <SilenceDialog initial={[]} onClose={() => setMaking(false)} />}
      {ending !== null && (
        <Confirm
          isOpen
          onClose={() => setEnding(null)}
          title="End the silence"
          consequences={[<>Alerts with {ending.matchers.map(matcherText).join(' and ')} are told of again, those that fire now included.</>, 'The silence stays in this list as ended.']}
          confirmLabel="End it now"
          isPending={expire.isPending}
          error={expire.error}
          onConfirm={() => expire.mutate({ path: { silenceId: ending.id } })}
        />
      )}
    </AlertsFrame>
  );
}

function SilenceState({ silence: { active, from, expiredBy } }: { readonly silence: Silence }) {
  if (active) return <Badge tone="info">holds</Badge>;
  if (expiredBy !== null) return <Badge>ended by hand</Badge>;
  return <Badge>{Date.parse(from) > Date.now() ? 'not begun' : 'over'}</Badge>;
}
