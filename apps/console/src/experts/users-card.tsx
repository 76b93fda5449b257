import { useQuery } from '@tanstack/react-query';
import { getUsageOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { type Usage } from '../api/gen/types.gen.ts';
import { labelText } from '../routing/routing-search.ts';
import { useSetSearch } from '../shell/scope.ts';
import { Card } from '../ui/card.tsx';
import { CsvButton } from '../ui/csv-button.tsx';
import { DataTable } from '../ui/data-table.tsx';
import { formatCount, formatNumber, formatPercent } from '../ui/format.ts';
import { Empty, Loaded } from '../ui/states.tsx';
import { type GroupUse, usersOf } from './expert-figures.ts';
import { type Dimension, DIMENSIONS } from './expert-search.ts';
import { type Place, useExpertSearch, useUsageFilter } from './place.ts';

/** Who uses the expert, by a label of the requests. */
export function UsersCard({ place }: { readonly place: Place }) {
  const { by = 'task' } = useExpertSearch();
  const setSearch = useSetSearch();
  const query = useQuery({ ...getUsageOptions({ query: { ...useUsageFilter(place), groupBy: by } }), placeholderData: (before) => before });
  const users = query.data === undefined ? [] : usersOf(query.data, place.expert);
  return (
    <Card
      isFlush
      title="Who uses it"
      lead="Lift: how many times more of a group's selections go to it than of all. Above 1 the group prefers it."
      actions={
        <>
          <select aria-label="Group by" className="h-7 rounded-md border border-line-strong/60 bg-surface px-2 text-xs" value={by} onChange={(event) => setSearch({ by: event.target.value === 'task' ? undefined : event.target.value })}>
            {DIMENSIONS.map((dimension) => (
              <option key={dimension} value={dimension}>
                by {dimension}
              </option>
            ))}
          </select>
          <CsvButton name={`expert-${place.layer}-${place.expert}-by-${by}`} header={[by, 'requests', 'share of its selections in the layer', 'lift', 'share of the expert', 'share of all']} rows={() => users.map((user) => [user.group, user.requests, user.share, user.lift, user.ofExpert, user.ofAll])} />
        </>
      }
    >
      <Loaded query={query}>{(data) => <Users usage={data} users={users} by={by} />}</Loaded>
    </Card>
  );
}

function Users({ usage, users, by }: { readonly usage: Usage; readonly users: readonly GroupUse[]; readonly by: Dimension }) {
  const withheld = usage.groups.filter((group) => group.withheld !== undefined).length;
  const most = Math.max(...users.map(({ share }) => share), 0.0001);
  return (
    <>
      <DataTable
        caption={`Use of the expert by ${by}`}
        rows={users}
        rowKey={({ group }) => group}
        empty={<Empty title="Nothing to group">No requests in this time, or too few of each {by} to be shown.</Empty>}
        columns={[
          { id: 'group', header: by, isRowHeader: true, cell: ({ group }) => labelText(group) },
          {
            id: 'share',
            header: 'Share of its selections',
            cell: ({ share }) => (
              <span className="grid grid-cols-[minmax(3rem,1fr)_4rem] items-center gap-2">
                <span aria-hidden className="h-3 rounded-sm bg-raised">
                  <span className="block h-3 rounded-sm bg-accent" style={{ width: `${(100 * share) / most}%` }} />
                </span>
                <span className="text-right tabular-nums">{formatPercent(share, 2)}</span>
              </span>
            ),
          },
          { id: 'lift', header: 'Lift', align: 'right', cell: ({ lift }) => <span className="whitespace-nowrap">{lift === null ? 'none' : `x ${formatNumber(lift)}`}</span> },
          { id: 'of', header: 'Of this expert / of all', align: 'right', isSecondary: true, cell: ({ ofExpert, ofAll }) => <span className="whitespace-nowrap">{`${formatPercent(ofExpert)} / ${formatPercent(ofAll)}`}</span> },
          { id: 'requests', header: 'Requests', align: 'right', cell: ({ requests }) => formatCount(requests) },
        ]}
      />
      {withheld > 0 && <p className="px-4 py-2 text-xs text-ink-soft">{withheld} more with too few requests are withheld.</p>}
    </>
  );
}
