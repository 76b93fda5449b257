import { useInfiniteQuery } from '@tanstack/react-query';
import { listCompatibilityInfiniteOptions, listExpertReleasesInfiniteOptions, listRouterReleasesInfiniteOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type RouterRelease } from '../../api/gen/types.gen.ts';
import { useModel } from '../../shell/scope.ts';
import { Badge, type Tone } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { byCursor, PagedTable } from '../../ui/paged-table.tsx';
import { ShortId } from '../../ui/short-id.tsx';
import { Empty, Loading } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { AccountName } from '../account-name.tsx';
import { ReleaseLink } from '../release-link.tsx';
import { RoleBadges } from '../role-badges.tsx';
import { ReleasesFrame } from '../releases-frame.tsx';
import { KeysCard } from './keys-card.tsx';
import { PolicyCard } from './policy-card.tsx';

const VERDICTS: Readonly<Record<string, { readonly tone: Tone; readonly words: string }>> = {
  'trained-together': { tone: 'ok', words: 'trained together' },
  evaluated: { tone: 'ok', words: 'evaluated' },
  incompatible: { tone: 'bad', words: 'incompatible' },
};

/** Which routers belong with which experts, and who must have signed what serves. */
export function TrustPage() {
  const model = useModel();
  return (
    <ReleasesFrame tab="Compatibility and signatures">
      {model === undefined ? (
        <Loading rows={8} />
      ) : (
        <>
          <Records model={model} />
          <div className="grid gap-4 xl:grid-cols-2">
            <RouterSets model={model} />
            <ExpertSets model={model} />
          </div>
          <PolicyCard model={model} />
          <KeysCard />
        </>
      )}
    </ReleasesFrame>
  );
}

const queryOf = (model: string | null) => (model === null ? {} : { query: { model } });

function Records({ model }: { readonly model: string | null }) {
  const query = useInfiniteQuery({ ...listCompatibilityInfiniteOptions(queryOf(model)), ...byCursor });
  return (
    <Card title="Compatibility records" lead="Whether a set of routers may serve with a set of experts. Records are only added; the newest of a pair decides." isFlush>
      <PagedTable
        query={query}
        caption="Compatibility records, newest first"
        rowKey={({ id }) => id}
        empty={<Empty title="No record yet">An import writes “trained together” for its release. Others are added by POST /api/v1/compatibility.</Empty>}
        columns={[
          { id: 'routers', header: 'Router set', isRowHeader: true, cell: ({ routerSet }) => <ShortId id={routerSet} what="digest of the router set" /> },
          { id: 'experts', header: 'Expert set', cell: ({ expertSet }) => <ShortId id={expertSet} what="digest of the expert set" /> },
          { id: 'verdict', header: 'Verdict', cell: ({ verdict }) => <Badge tone={VERDICTS[verdict]?.tone}>{VERDICTS[verdict]?.words ?? verdict}</Badge> },
          { id: 'evidence', header: 'Evidence', cell: ({ evidence }) => <span className="wrap-anywhere">{evidence}</span> },
          { id: 'by', header: 'By', cell: ({ by, at }) => <><AccountName account={by} /> <Time at={at} /></>, isSecondary: true },
        ]}
      />
    </Card>
  );
}

const SET_COLUMNS = [
  { id: 'releases', header: 'Releases', align: 'right' as const, cell: ({ releases }: { readonly releases: number }) => releases },
  { id: 'latest', header: 'Newest', cell: ({ latest }: Pick<RouterRelease, 'latest'>) => latest[0] && <ReleaseLink releaseId={latest[0].releaseId} /> },
  { id: 'active', header: 'Serves as', cell: ({ active }: Pick<RouterRelease, 'active'>) => <RoleBadges roles={[...new Set(active.map(({ as }) => as))]} /> },
];

function RouterSets({ model }: { readonly model: string | null }) {
  const query = useInfiniteQuery({ ...listRouterReleasesInfiniteOptions(queryOf(model)), ...byCursor });
  return (
    <Card title="Router sets" lead="All routers of a model and its routing settings, as one thing." isFlush>
      <PagedTable query={query} caption="Router sets, newest first" rowKey={({ routerSet }) => routerSet} empty={<Empty title="No release yet" />} columns={[{ id: 'set', header: 'Router set', isRowHeader: true, cell: ({ routerSet }) => <ShortId id={routerSet} what="digest of the router set" /> }, ...SET_COLUMNS]} />
    </Card>
  );
}

function ExpertSets({ model }: { readonly model: string | null }) {
  const query = useInfiniteQuery({ ...listExpertReleasesInfiniteOptions(queryOf(model)), ...byCursor });
  return (
    <Card title="Expert sets" lead="All experts of a model, as one thing." isFlush>
      <PagedTable query={query} caption="Expert sets, newest first" rowKey={({ expertSet }) => expertSet} empty={<Empty title="No release yet" />} columns={[{ id: 'set', header: 'Expert set', isRowHeader: true, cell: ({ expertSet }) => <ShortId id={expertSet} what="digest of the expert set" /> }, ...SET_COLUMNS]} />
    </Card>
  );
}
