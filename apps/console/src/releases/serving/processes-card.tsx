import { type ObservedActivation } from '../../api/gen/types.gen.ts';
import { Badge } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { Empty } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { ReleaseLink } from '../release-link.tsx';

type Process = ObservedActivation['observed'][number];

/** What each inference process serves, and whether it has taken the newest state. */
export function ProcessesCard({ activation: { observed, generation, converged } }: { readonly activation: ObservedActivation }) {
  const live = observed.filter(({ status }) => status === 'live');
  const there = live.filter((process) => isThere(process, generation));
  return (
    <Card
      title="What each process serves"
      isFlush
      actions={
        <p role="status" className="text-xs font-medium">
          {converged ? <Badge tone="ok">In sync</Badge> : <Badge tone={live.length === 0 ? 'bad' : 'warn'}>{live.length === 0 ? 'No process is live' : 'Settling'}</Badge>}{' '}
          {there.length} of {live.length} live {live.length === 1 ? 'process serves' : 'processes serve'} generation {generation}
        </p>
      }
    >
      <DataTable
        caption="Inference processes"
        rows={observed}
        rowKey={({ processId }) => processId}
        empty={<Empty title="No process serves this model">Start one: npm start, or the role inference. It is listed here within seconds.</Empty>}
        columns={[
          { id: 'process', header: 'Process', isRowHeader: true, cell: ({ host, pid }) => `${host} · ${pid}` },
          { id: 'state', header: 'State', cell: (process) => <State process={process} generation={generation} /> },
          { id: 'generation', header: 'Generation', align: 'right', cell: ({ observedGeneration }) => observedGeneration },
          { id: 'stable', header: 'Stable', cell: ({ stable }) => <Maybe releaseId={stable} /> },
          { id: 'canary', header: 'Canary', cell: ({ canary }) => <Maybe releaseId={canary} /> },
          { id: 'shadow', header: 'Shadow', cell: ({ shadow }) => <Maybe releaseId={shadow} /> },
          { id: 'resident', header: 'In memory', align: 'right', isSecondary: true, cell: ({ resident }) => (resident.length === 1 ? '1 release' : `${resident.length} releases`) },
          { id: 'seen', header: 'Last seen', isSecondary: true, cell: ({ lastSeenAt }) => <Time at={lastSeenAt} as="relative" /> },
          { id: 'version', header: 'Version', isSecondary: true, cell: ({ version }) => version },
        ]}
      />
    </Card>
  );
}

function isThere({ observedGeneration, state }: Process, generation: number): boolean {
  return observedGeneration >= generation && state === 'ready';
}

function State({ process, generation }: { readonly process: Process; readonly generation: number }) {
  const { status, state, detail } = process;
  if (status === 'unreachable') return <Badge tone="bad">unreachable</Badge>;
  if (state === 'failed') {
    return (
      <>
        <Badge tone="bad">failed</Badge>
        {detail !== null && <p className="mt-1 max-w-md text-xs wrap-anywhere">{detail}</p>}
      </>
    );
  }
  return <Badge tone={isThere(process, generation) ? 'ok' : 'warn'}>{isThere(process, generation) ? 'in sync' : state === 'loading' ? 'loading' : 'behind'}</Badge>;
}

function Maybe({ releaseId }: { readonly releaseId: string | null }) {
  return releaseId === null ? <span className="text-ink-soft">none</span> : <ReleaseLink releaseId={releaseId} />;
}
