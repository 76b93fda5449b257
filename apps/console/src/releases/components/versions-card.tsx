import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { listComponentsOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type ComponentVersionDetail } from '../../api/gen/types.gen.ts';
import { useSetSearch } from '../../shell/scope.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { shortId } from '../../ui/format.ts';
import { Loaded } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { ComponentLink } from '../release-link.tsx';
import { WeightTable } from '../release/diff-view.tsx';

const PAGE = 100;

/** Versions that bear the same name in some release of the model, and those that the card names as relatives; each can be compared with this one. */
export function VersionsCard({ component: { sha256, kind, usedBy, madeFrom, madeInto } }: { readonly component: ComponentVersionDetail }) {
  const { against } = useSearch({ from: '/shell/releases/components/$sha256' });
  const setSearch = useSetSearch();
  const [first] = usedBy;
  const query = useQuery({ ...listComponentsOptions({ query: { limit: PAGE, name: first?.component, model: first?.model } }), enabled: first !== undefined });
  const relation = (id: string): string => (id === sha256 ? 'this one' : madeFrom[0] === id ? 'its parent' : madeFrom.includes(id) ? 'an ancestor' : madeInto.includes(id) ? 'made from it' : '');
  const listed = query.data?.items.map((one) => ({ ...one })) ?? [];
  const relatives = [...madeFrom, ...madeInto].filter((id) => listed.every((one) => one.sha256 !== id));
  return (
    <Card title={first === undefined ? 'Relatives' : `Versions of ${first.component} in ${first.model}`} lead="Versions that bear this name in some release, newest first." isFlush>
      {first !== undefined && (
        <Loaded query={query}>
          {() => (
            <DataTable
              caption="Versions of the same component"
              rows={listed}
              rowKey={(one) => one.sha256}
              columns={[
                { id: 'version', header: 'Version', isRowHeader: true, cell: (one) => <ComponentLink sha256={one.sha256} /> },
                { id: 'relation', header: 'Relation', cell: (one) => relation(one.sha256) },
                { id: 'title', header: 'Title', cell: (one) => <><span className="wrap-anywhere">{one.title}</span> {one.recall !== null && <Badge tone="bad">recalled</Badge>}</> },
                { id: 'releases', header: 'Releases', align: 'right', cell: (one) => one.releases },
                { id: 'came', header: 'Came in', cell: (one) => <Time at={one.createdAt} /> },
                {
                  id: 'compare',
                  header: <span className="sr-only">Compare</span>,
                  cell: (one) =>
                    one.sha256 !== sha256 && kind !== 'tokenizer' && (
                      <Button size="small" variant="quiet" aria-pressed={against === one.sha256} aria-label={`Compare the weights with ${shortId(one.sha256)}`} onClick={() => setSearch({ against: against === one.sha256 ? undefined : one.sha256 })}>
                        Compare
                      </Button>
                    ),
                },
              ]}
            />
          )}
        </Loaded>
      )}
      {relatives.length > 0 && (
        <ul className="flex flex-wrap gap-x-4 px-4 py-2 text-sm">
          {relatives.map((id) => (
            <li key={id}>
              <ComponentLink sha256={id} /> <span className="text-ink-soft">{relation(id)}</span>
            </li>
          ))}
        </ul>
      )}
      {against !== undefined && against !== sha256 && (
        <section aria-label="Comparison" className="border-t border-line px-4 py-3">
          <h3 className="mb-1 text-xs font-semibold">
            From {shortId(against)} to {shortId(sha256)}, tensor by tensor
          </h3>
          <WeightTable name={first?.component ?? kind} a={against} b={sha256} />
        </section>
      )}
    </Card>
  );
}
