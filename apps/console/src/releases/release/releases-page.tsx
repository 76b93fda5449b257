import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getActivationOptions, listReleasesInfiniteOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type Release } from '../../api/gen/types.gen.ts';
import { useMay } from '../../session/session.ts';
import { useModel } from '../../shell/scope.ts';
import { Badge } from '../../ui/badge.tsx';
import { ButtonLink } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { byCursor, itemsOf, PagedTable } from '../../ui/paged-table.tsx';
import { Empty, Loading } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { AccountName } from '../account-name.tsx';
import { ReleaseLink } from '../release-link.tsx';
import { RoleBadges } from '../role-badges.tsx';
import { ReleasesFrame } from '../releases-frame.tsx';
import { LineageGraph } from './lineage-graph.tsx';
import { rolesOf } from './roles.ts';

const PAGE = 100;

export function ReleasesPage() {
  const model = useModel();
  const mayRegister = useMay('registry');
  return (
    <ReleasesFrame tab="Releases" actions={mayRegister && <><ButtonLink to="/releases/imports">Import a checkpoint</ButtonLink><ButtonLink to="/releases/new">Compose a release</ButtonLink></>}>
      {model === undefined ? <Loading rows={8} /> : model === null ? <Empty title="No model is served yet">Import a checkpoint: its release stands here then.</Empty> : <Releases model={model} />}
    </ReleasesFrame>
  );
}

function Releases({ model }: { readonly model: string }) {
  const query = useInfiniteQuery({ ...listReleasesInfiniteOptions({ query: { model, limit: PAGE } }), ...byCursor });
  const activation = useQuery(getActivationOptions({ path: { model } })).data;
  const roles = rolesOf(activation);
  const releases = itemsOf(query.data);
  return (
    <>
      {releases.length > 0 && (
        <Card title="Lineage" lead={query.hasNextPage ? `The newest ${releases.length} releases. “Show more” below adds older ones.` : 'Which release was made from which.'}>
          <LineageGraph model={model} releases={releases} roles={roles} />
        </Card>
      )}
      <Card title={`Releases of ${model}`} isFlush>
        <PagedTable
          query={query}
          caption="Releases, newest first"
          rowKey={({ releaseId }) => releaseId}
          empty={<Empty title="No release yet">Import a checkpoint, or compose a release out of another one.</Empty>}
          columns={[
            { id: 'release', header: 'Release', isRowHeader: true, cell: ({ releaseId }) => <ReleaseLink releaseId={releaseId} /> },
            { id: 'changes', header: 'What it changes', cell: (release) => <Changes release={release} /> },
            { id: 'serves', header: 'Serves as', cell: ({ releaseId }) => <RoleBadges roles={roles.get(releaseId) ?? []} /> },
            { id: 'parent', header: 'Made from', cell: ({ parent }) => (parent === null ? <span className="text-ink-soft">none</span> : <ReleaseLink releaseId={parent} />) },
            { id: 'made', header: 'Made', cell: ({ createdAt, createdBy }) => <><Time at={createdAt} /> {createdBy !== null && <span className="block text-xs text-ink-soft">by <AccountName account={createdBy} /></span>}</>, isSecondary: true },
            { id: 'compare', header: <span className="sr-only">Compare</span>, cell: ({ releaseId, parent }) => <CompareLink releaseId={releaseId} against={parent ?? activation?.releaseId ?? null} /> },
          ]}
        />
      </Card>
    </>
  );
}

function Changes({ release: { kind, summary, note } }: { readonly release: Release }) {
  return (
    <>
      {summary === '' && kind !== null && <Badge>{kind}</Badge>} <span className="wrap-anywhere">{summary === '' ? 'first release' : summary}</span>
      {note !== '' && <p className="text-xs wrap-anywhere text-ink-soft">{note}</p>}
    </>
  );
}

function CompareLink({ releaseId, against }: { readonly releaseId: string; readonly against: string | null }) {
  if (against === null || against === releaseId) return null;
  return (
    <ButtonLink size="small" variant="quiet" to="/releases/compare" search={{ a: against, b: releaseId }} aria-label={`Compare ${releaseId.slice(0, 10)} with ${against.slice(0, 10)}`}>
      Compare
    </ButtonLink>
  );
}
