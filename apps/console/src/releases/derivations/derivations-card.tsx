import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { cancelImportMutation, listImportsInfiniteOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { refresh } from '../../api/query-client.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { byCursor, itemsOf } from '../../ui/paged-table.tsx';
import { Empty, Failed, Loading } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { tellDone } from '../../ui/toasts.tsx';
import { isUnderWay, JobResult, JobState } from '../imports/job-cells.tsx';
import { ReleaseLink } from '../release-link.tsx';
import { type DerivationJob, derivationText, isDerivation, sourceOf } from './derivation-words.ts';

const LIVE_MS = 1000;
const PAGE = 100;

/** Derivations among the imports, in line with which they run. */
export function DerivationsCard() {
  const [asked, setAsked] = useState<DerivationJob | null>(null);
  const query = useInfiniteQuery({ ...listImportsInfiniteOptions({ query: { limit: PAGE } }), ...byCursor, refetchInterval: ({ state }) => (itemsOf(state.data).some(isUnderWay) ? LIVE_MS : false) });
  const cancel = useMutation({
    ...cancelImportMutation(),
    onSuccess: async () => {
      tellDone('The derivation is cancelled');
      setAsked(null);
      await refresh('imports');
    },
  });
  const rows = itemsOf(query.data).filter(isDerivation);
  return (
    <Card title="Derivations" lead="They run one at a time, in line with imports." isFlush>
      {query.error !== null && <div className="px-4 pb-3"><Failed error={query.error} onRetry={() => void query.refetch()} /></div>}
      {query.data === undefined ? (
        query.error === null && <div className="px-4 pb-3"><Loading rows={4} /></div>
      ) : (
        <DataTable
          caption="Derivations, newest first"
          rows={rows}
          rowKey={({ id }) => id}
          empty={query.hasNextPage ? <Empty title="No derivation among the newest imports">Look further back below.</Empty> : <Empty title="No derivation yet">Ask for one above, or with the commands signalbox releases quantise and signalbox releases densify.</Empty>}
          columns={[
            { id: 'what', header: 'What', isRowHeader: true, cell: ({ derivation }) => <span className="wrap-anywhere">{derivationText(derivation)}</span> },
            { id: 'of', header: 'Of', cell: (one) => <Source job={one} /> },
            { id: 'state', header: 'State', cell: (one) => <JobState job={one} /> },
            { id: 'result', header: 'Result', cell: (one) => <JobResult job={one} /> },
            { id: 'begun', header: 'Asked for', isSecondary: true, cell: ({ createdAt }) => <Time at={createdAt} /> },
            { id: 'cancel', header: <span className="sr-only">Cancel</span>, cell: (one) => isUnderWay(one) && <Button size="small" onClick={() => setAsked(one)}>Cancel…</Button> },
          ]}
        />
      )}
      {query.hasNextPage && (
        <div className="flex justify-center p-2">
          <Button size="small" variant="quiet" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {query.isFetchingNextPage ? 'Loading…' : 'Look further back'}
          </Button>
        </div>
      )}
      {asked !== null && (
        <Confirm
          isOpen
          onClose={() => setAsked(null)}
          title="Cancel the derivation"
          consequences={[`The derivation (${derivationText(asked.derivation)}) stops. No release is made of it.`, 'Component files that it has written already stay until nothing refers to them; asked for again, it goes on from them.']}
          confirmLabel="Cancel the derivation"
          isDangerous
          isPending={cancel.isPending}
          error={cancel.error}
          onConfirm={() => cancel.mutate({ path: { importId: asked.id } })}
        />
      )}
    </Card>
  );
}

function Source({ job }: { readonly job: DerivationJob }) {
  const source = sourceOf(job);
  return source === null ? job.model : <ReleaseLink releaseId={source} />;
}
