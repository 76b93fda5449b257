import { useQueries, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { getComponentOptions, listComponentsOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { ComponentLink, ReleaseLink } from '../releases/release-link.tsx';
import { Badge } from '../ui/badge.tsx';
import { Card } from '../ui/card.tsx';
import { DataTable } from '../ui/data-table.tsx';
import { Empty, Loaded } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { type Place } from './place.ts';

/** Newest versions that are shown, and releases of each. */
const MAX_VERSIONS = 20;
const MAX_RELEASES = 4;

/** Versions of the expert over all releases of the model. */
export function VersionsCard({ place }: { readonly place: Place }) {
  const { model, layer, expert, sha256 } = place;
  const name = `expert/${layer}/${expert}`;
  const query = useQuery(listComponentsOptions({ query: { name, model, limit: MAX_VERSIONS } }));
  const details = useQueries({ queries: (query.data?.items ?? []).map((version) => getComponentOptions({ path: { sha256: version.sha256 } })) });
  const holdersOf = (version: string): readonly string[] | undefined =>
    details.find(({ data }) => data?.sha256 === version)?.data?.usedBy.filter((use) => use.component === name && use.model === model).map(({ releaseId }) => releaseId);
  return (
    <Card title="Versions" lead={`What stands at ${name} in the releases of ${model}, newest first.`} isFlush>
      <Loaded query={query} rows={3}>
        {({ items, nextCursor }) => (
          <DataTable
            caption="Versions of the expert"
            rows={items}
            rowKey={(version) => version.sha256}
            empty={<Empty title="No version is registered" />}
            columns={[
              {
                id: 'version',
                header: 'Version',
                isRowHeader: true,
                cell: (version) => (
                  <span className="inline-flex flex-wrap items-center gap-1.5">
                    <ComponentLink sha256={version.sha256} />
                    {version.sha256 === sha256 && <Badge tone="accent">shown here</Badge>}
                    {version.recall !== null && <Badge tone="bad">recalled</Badge>}
                  </span>
                ),
              },
              { id: 'title', header: 'Card', isSecondary: true, cell: ({ title }) => <span className="block min-w-28 wrap-break-word">{title}</span> },
              { id: 'at', header: 'Here since', cell: ({ createdAt }) => <Time at={createdAt} /> },
              { id: 'releases', header: 'Releases', cell: ({ sha256: version, releases }) => <Holders ids={holdersOf(version)} count={releases} /> },
              {
                id: 'diff',
                header: 'Difference',
                cell: ({ sha256: version }) =>
                  sha256 === undefined || version === sha256 ? null : (
                    <Link to="/releases/components/$sha256" params={{ sha256 }} search={{ against: version }} className="text-xs whitespace-nowrap">
                      from the one here
                    </Link>
                  ),
              },
            ]}
            footer={nextCursor === null ? undefined : <p className="p-2 text-xs text-ink-soft">The newest {MAX_VERSIONS}; the others are in the registry.</p>}
          />
        )}
      </Loaded>
    </Card>
  );
}

function Holders({ ids, count }: { readonly ids: readonly string[] | undefined; readonly count: number }) {
  if (ids === undefined) return <>{count}</>;
  return (
    <span className="inline-flex flex-wrap gap-x-2">
      {ids.slice(0, MAX_RELEASES).map((id) => (
        <ReleaseLink key={id} releaseId={id} />
      ))}
      {ids.length > MAX_RELEASES && <span className="text-xs text-ink-soft">and {ids.length - MAX_RELEASES} more</span>}
    </span>
  );
}
