import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { getComponentOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type ComponentVersionDetail } from '../../api/gen/types.gen.ts';
import { useMay } from '../../session/session.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { Figure, Figures } from '../../ui/figure.tsx';
import { formatBytes, shortId } from '../../ui/format.ts';
import { Page } from '../../ui/page.tsx';
import { ShortId } from '../../ui/short-id.tsx';
import { Empty, Loaded } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { AccountName } from '../account-name.tsx';
import { BackLink } from '../back-link.tsx';
import { ReleaseLink } from '../release-link.tsx';
import { SignaturesCard } from '../trust/signatures-card.tsx';
import { CardView } from './card-view.tsx';
import { RecallDialog } from './recall-dialog.tsx';
import { TouchedCard } from './touched-card.tsx';
import { VersionsCard } from './versions-card.tsx';

/** One component version: its card, where it is used, its relatives, and its recall. */
export function ComponentPage() {
  const { sha256 } = useParams({ from: '/shell/releases/components/$sha256' });
  const query = useQuery(getComponentOptions({ path: { sha256 } }));
  const mayOperate = useMay('operate');
  const [isAsking, setAsking] = useState(false);
  const component = query.data;
  const name = component?.usedBy[0]?.component;
  return (
    <Page
      title={`${name ?? 'Component'} ${shortId(sha256)}`}
      lead={<BackLink label="Components" to="/releases/components" />}
      actions={
        mayOperate &&
        component?.recall === null && (
          <Button variant="danger" onClick={() => setAsking(true)}>
            Recall…
          </Button>
        )
      }
    >
      <Loaded query={query} rows={10}>
        {(data) => (
          <>
            <Content key={sha256} component={data} />
            {isAsking && <RecallDialog component={data} onClose={() => setAsking(false)} />}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Content({ component }: { readonly component: ComponentVersionDetail }) {
  const { sha256, kind, sizeBytes, createdAt, recall, present, usedBy, releases } = component;
  const mayTrace = useMay('operate');
  return (
    <>
      {recall !== null && (
        <div className="rounded-md border border-bad/40 bg-bad-soft px-3 py-2.5 text-sm">
          <p className="font-medium text-bad">Recalled: no release that holds it can be chosen.</p>
          <p className="wrap-anywhere">
            <Time at={recall.at} /> by <AccountName account={recall.by} />: {recall.reason}
          </p>
        </div>
      )}
      <Card>
        <Figures>
          <Figure label="Digest" value={<ShortId id={sha256} what="digest" />} definition="SHA-256 of its bytes." />
          <Figure label="Kind" value={kind} />
          <Figure label="Size" value={formatBytes(sizeBytes)} note={present ? 'its file is there' : 'its file is missing'} tone={present ? 'neutral' : 'bad'} />
          <Figure label="Came in" value={<span className="text-sm"><Time at={createdAt} /></span>} />
          <Figure label="Releases that hold it" value={releases} />
        </Figures>
      </Card>
      <div className="grid gap-4 xl:grid-cols-[3fr_2fr]">
        <CardView component={component} />
        <div className="flex flex-col gap-4">
          <Card title="Releases that hold it" isFlush>
            <DataTable
              caption="Releases that hold this version"
              rows={usedBy}
              rowKey={({ releaseId, component: name }) => `${releaseId} ${name}`}
              empty={<Empty title="No release holds it">Compose one with signalbox releases create --replace NAME={shortId(sha256)}…</Empty>}
              columns={[
                { id: 'release', header: 'Release', isRowHeader: true, cell: ({ releaseId }) => <ReleaseLink releaseId={releaseId} /> },
                { id: 'model', header: 'Model', cell: ({ model }) => model },
                { id: 'as', header: 'As', cell: ({ component: name }) => <Badge>{name}</Badge> },
                { id: 'made', header: 'Made', cell: ({ createdAt: made }) => <Time at={made} /> },
              ]}
            />
          </Card>
          <SignaturesCard kind="component" digest={sha256} model={usedBy[0]?.model} />
        </div>
      </div>
      <VersionsCard component={component} />
      {mayTrace && usedBy.length > 0 && <TouchedCard component={component} />}
    </>
  );
}
