import { useInfiniteQuery } from '@tanstack/react-query';
import { listTenantsInfiniteOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { useMe } from '../session/session.ts';
import { Card } from '../ui/card.tsx';
import { formatCount } from '../ui/format.ts';
import { NotAllowed } from '../ui/not-allowed.tsx';
import { byCursor, PagedTable } from '../ui/paged-table.tsx';
import { Empty } from '../ui/states.tsx';

/** Who asks, as far as requests and accounts name a tenant. */
export function Tenants() {
  const me = useMe();
  const maySee = me?.tenant === null && me.permissions.includes('read');
  const query = useInfiniteQuery({ ...listTenantsInfiniteOptions(), ...byCursor, enabled: maySee });
  if (me !== undefined && !maySee) return <NotAllowed permission="read">Tenants are shown to who is bound to none of them.</NotAllowed>;
  return (
    <Card title="Tenants" lead="A tenant is what requests name in their metadata, and what accounts and keys are bound to. Nothing has to be set up for one." isFlush>
      <PagedTable
        caption="Tenants and their requests"
        query={query}
        rowKey={({ tenant }) => tenant}
        columns={[
          { id: 'tenant', header: 'Tenant', isRowHeader: true, cell: ({ tenant }) => (tenant === '' ? <span className="text-ink-soft">named none</span> : <span className="font-medium">{tenant}</span>) },
          { id: 'accounts', header: 'Bound accounts', align: 'right', cell: ({ accounts }) => formatCount(accounts) },
          { id: 'keys', header: 'Bound keys', align: 'right', cell: ({ keys }) => formatCount(keys) },
          { id: 'day', header: 'Requests, 24 h', align: 'right', cell: ({ requestsDay }) => <Requests count={requestsDay} /> },
          { id: 'week', header: 'Requests, 7 days', align: 'right', cell: ({ requestsWeek }) => <Requests count={requestsWeek} /> },
        ]}
        empty={<Empty title="There are no tenants yet">Send requests with <code className="font-mono">metadata.tenant</code>, or bind an account or a key to one.</Empty>}
      />
    </Card>
  );
}

function Requests({ count }: { readonly count: number | null }) {
  return count === null ? <span className="text-ink-soft" title="Withheld: too few requests to be shown.">withheld</span> : formatCount(count);
}
