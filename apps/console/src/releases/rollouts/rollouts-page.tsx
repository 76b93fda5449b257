import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { listRolloutsInfiniteOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { useMay } from '../../session/session.ts';
import { useModel } from '../../shell/scope.ts';
import { Badge } from '../../ui/badge.tsx';
import { ButtonLink } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { formatPercent } from '../../ui/format.ts';
import { byCursor, PagedTable } from '../../ui/paged-table.tsx';
import { Empty, Loading } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { AccountName } from '../account-name.tsx';
import { ReleaseLink } from '../release-link.tsx';
import { ReleasesFrame } from '../releases-frame.tsx';
import { reasonInWords, STATES } from './rollout-words.ts';

export function RolloutsPage() {
  const model = useModel();
  const mayOperate = useMay('operate');
  return (
    <ReleasesFrame tab="Rollouts" actions={mayOperate && typeof model === 'string' && <ButtonLink to="/releases/rollouts/new">Start a rollout…</ButtonLink>}>
      {model === undefined ? <Loading rows={8} /> : <Rollouts model={model} />}
    </ReleasesFrame>
  );
}

function Rollouts({ model }: { readonly model: string | null }) {
  const query = useInfiniteQuery({ ...listRolloutsInfiniteOptions({ query: { ...(model !== null && { model }) } }), ...byCursor });
  return (
    <Card title="Rollouts" lead="A rollout brings a release to all requests in steps. Guards compare it with the stable release all the time, and one that fails rolls it back by itself." isFlush>
      <PagedTable
        query={query}
        caption="Rollouts, newest first"
        rowKey={({ id }) => id}
        empty={<Empty title="No rollout yet">Import a re-tuned checkpoint, then start a rollout of its release.</Empty>}
        columns={[
          { id: 'begun', header: 'Begun', isRowHeader: true, cell: ({ id, createdAt }) => <Link to="/releases/rollouts/$rolloutId" params={{ rolloutId: id }}><Time at={createdAt} /></Link> },
          { id: 'state', header: 'State', cell: ({ state }) => <Badge tone={STATES[state].tone}>{STATES[state].words}</Badge> },
          { id: 'candidate', header: 'Candidate', cell: ({ candidate }) => <ReleaseLink releaseId={candidate} /> },
          { id: 'stable', header: 'Against', cell: ({ stable }) => <ReleaseLink releaseId={stable} />, isSecondary: true },
          { id: 'step', header: 'Step', align: 'right', cell: ({ step, steps, share }) => `${Math.min(step + 1, steps)} of ${steps}, ${formatPercent(share)}` },
          { id: 'reason', header: 'Why', cell: ({ reason }) => reasonInWords(reason) },
          { id: 'by', header: 'Started by', cell: ({ startedBy }) => <AccountName account={startedBy} />, isSecondary: true },
          { id: 'ended', header: 'Ended', cell: ({ endedAt }) => (endedAt === null ? '' : <Time at={endedAt} />), isSecondary: true },
        ]}
      />
    </Card>
  );
}
