import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { cancelImportMutation, cancelUploadMutation, listImportsInfiniteOptions, listUploadsInfiniteOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type Import, type Upload } from '../../api/gen/types.gen.ts';
import { refresh } from '../../api/query-client.ts';
import { useMay } from '../../session/session.ts';
import { Badge, type Tone } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { formatBytes } from '../../ui/format.ts';
import { byCursor, itemsOf, PagedTable } from '../../ui/paged-table.tsx';
import { ShortId } from '../../ui/short-id.tsx';
import { Empty } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { tellDone } from '../../ui/toasts.tsx';
import { ComponentLink } from '../release-link.tsx';
import { ReleasesFrame } from '../releases-frame.tsx';
import { ImportForm } from './import-form.tsx';
import { isUnderWay, JobResult, JobState } from './job-cells.tsx';
import { UploadForm } from './upload-form.tsx';

const LIVE_MS = 1000;
const UPLOAD_TONES: Readonly<Record<Upload['state'], Tone>> = { open: 'info', finished: 'ok', failed: 'bad', expired: 'warn' };

/** How checkpoints and component versions come in. */
export function ImportsPage() {
  const mayRegister = useMay('registry');
  return (
    <ReleasesFrame tab="Imports">
      {mayRegister ? (
        <>
          <ImportForm />
          <Imports />
          <UploadForm />
          <Uploads />
        </>
      ) : (
        <Empty title="You may not see imports">They take the permission registry. The releases that they made stand under Releases.</Empty>
      )}
    </ReleasesFrame>
  );
}

function Imports() {
  const [asked, setAsked] = useState<Import | null>(null);
  const query = useInfiniteQuery({ ...listImportsInfiniteOptions({}), ...byCursor, refetchInterval: ({ state }) => (itemsOf(state.data).some(isUnderWay) ? LIVE_MS : false) });
  const cancel = useMutation({
    ...cancelImportMutation(),
    onSuccess: async () => {
      tellDone('The import is cancelled');
      setAsked(null);
      await refresh('imports');
    },
  });
  return (
    <Card title="Imports" lead="They run one at a time. What is the same as in the parent release is shared." isFlush>
      <PagedTable
        query={query}
        caption="Imports, newest first"
        rowKey={({ id }) => id}
        empty={<Empty title="No import yet">Start one above, or with the command signalbox import.</Empty>}
        columns={[
          { id: 'folder', header: 'Folder', isRowHeader: true, cell: ({ directory }) => <span className="wrap-anywhere">{directory}</span> },
          { id: 'model', header: 'Model', cell: ({ model }) => model },
          { id: 'state', header: 'State', cell: (one) => <JobState job={one} /> },
          { id: 'result', header: 'Result', cell: (one) => <JobResult job={one} /> },
          { id: 'begun', header: 'Asked for', cell: ({ createdAt }) => <Time at={createdAt} /> },
          { id: 'cancel', header: <span className="sr-only">Cancel</span>, cell: (one) => isUnderWay(one) && <Button size="small" onClick={() => setAsked(one)}>Cancel…</Button> },
        ]}
      />
      {asked !== null && (
        <Confirm
          isOpen
          onClose={() => setAsked(null)}
          title="Cancel the import"
          consequences={[`The import of ${asked.directory} stops. No release is made of it.`, 'Component files that it has written already stay until nothing refers to them; imported again, it goes on from them.']}
          confirmLabel="Cancel the import"
          isDangerous
          isPending={cancel.isPending}
          error={cancel.error}
          onConfirm={() => cancel.mutate({ path: { importId: asked.id } })}
        />
      )}
    </Card>
  );
}

function Uploads() {
  const [asked, setAsked] = useState<Upload | null>(null);
  const query = useInfiniteQuery({ ...listUploadsInfiniteOptions({}), ...byCursor });
  const cancel = useMutation({
    ...cancelUploadMutation(),
    onSuccess: async () => {
      tellDone('The upload is given up');
      setAsked(null);
      await refresh('registry');
    },
  });
  return (
    <Card title="Uploads" lead="Single component versions, sent from here or with the command signalbox upload. Either goes on where it broke off." isFlush>
      <PagedTable
        query={query}
        caption="Uploads, newest first"
        rowKey={({ uploadId, sha256 }) => uploadId ?? sha256}
        empty={<Empty title="No upload yet">Send one above.</Empty>}
        columns={[
          { id: 'version', header: 'Version', isRowHeader: true, cell: ({ sha256, state }) => (state === 'finished' ? <ComponentLink sha256={sha256} /> : <ShortId id={sha256} what="digest" />) },
          { id: 'kind', header: 'Kind', cell: ({ kind }) => <Badge>{kind}</Badge> },
          { id: 'state', header: 'State', cell: ({ state, error }) => <><Badge tone={UPLOAD_TONES[state]}>{state}</Badge>{error !== null && <p className="mt-1 max-w-md text-xs wrap-anywhere text-bad">{error.message}</p>}</> },
          { id: 'progress', header: 'Arrived', align: 'right', cell: ({ offsetBytes, sizeBytes }) => `${formatBytes(offsetBytes)} of ${formatBytes(sizeBytes)}` },
          { id: 'begun', header: 'Begun', cell: ({ createdAt }) => createdAt !== null && <Time at={createdAt} /> },
          { id: 'cancel', header: <span className="sr-only">Give up</span>, cell: (one) => one.state === 'open' && <Button size="small" onClick={() => setAsked(one)}>Give up…</Button> },
        ]}
      />
      {asked !== null && (
        <Confirm
          isOpen
          onClose={() => setAsked(null)}
          title="Give up the upload"
          consequences={[`The ${formatBytes(asked.offsetBytes)} that have arrived are deleted. Nothing of it is part of the registry.`]}
          confirmLabel="Give it up"
          isDangerous
          isPending={cancel.isPending}
          error={cancel.error}
          onConfirm={() => asked.uploadId !== null && cancel.mutate({ path: { uploadId: asked.uploadId } })}
        />
      )}
    </Card>
  );
}
