import { useInfiniteQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { listTrustedKeysInfiniteOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { useMay } from '../../session/session.ts';
import { useSetSearch } from '../../shell/scope.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { byCursor, itemsOf, PagedTable } from '../../ui/paged-table.tsx';
import { ShortId } from '../../ui/short-id.tsx';
import { Empty } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { AccountName } from '../account-name.tsx';
import { AddKeyDialog } from './add-key-dialog.tsx';
import { RevokeDialog } from './revoke-dialog.tsx';

/** Longest page of the API. */
const PAGE = 200;

/** Whose signatures count; who administers adds and revokes keys. */
export function KeysCard() {
  const query = useInfiniteQuery({ ...listTrustedKeysInfiniteOptions({ query: { limit: PAGE } }), ...byCursor });
  const { ask, revoke } = useSearch({ from: '/shell/releases/trust' });
  const setSearch = useSetSearch();
  const mayAdminister = useMay('administer');
  const asked = itemsOf(query.data).find(({ keyId, revokedAt }) => keyId === revoke && revokedAt === null);
  return (
    <Card
      title="Trusted keys"
      lead={`Public keys whose signatures count. ${mayAdminister ? 'Private keys stay where you sign.' : 'Adding and revoking them takes the permission administer.'}`}
      isFlush
      actions={
        mayAdminister && (
          <Button size="small" onClick={() => setSearch({ ask: 'add-key' })}>
            Trust a key…
          </Button>
        )
      }
    >
      <PagedTable
        query={query}
        caption="Trusted keys and their standing"
        rowKey={({ keyId }) => keyId}
        empty={<Empty title="No key is trusted yet">Make one with the command signalbox trust new-key; {mayAdminister ? 'then add its public part here.' : 'who administers adds its public part here.'}</Empty>}
        columns={[
          { id: 'name', header: 'Name', isRowHeader: true, cell: ({ name }) => <span className="wrap-anywhere">{name}</span> },
          { id: 'id', header: 'Key', cell: ({ keyId }) => <ShortId id={keyId} what="key id" /> },
          {
            id: 'standing',
            header: 'Standing',
            cell: ({ revokedBy, revokedAt, revokeReason }) =>
              revokedAt === null ? (
                <Badge tone="ok">trusted</Badge>
              ) : (
                <>
                  <Badge tone="bad">revoked</Badge> <AccountName account={revokedBy ?? ''} /> <Time at={revokedAt} />
                  {revokeReason !== null && <p className="max-w-md text-xs wrap-anywhere text-ink-soft">{revokeReason}</p>}
                </>
              ),
          },
          { id: 'added', header: 'Added', cell: ({ addedBy, addedAt }) => <><AccountName account={addedBy} /> <Time at={addedAt} /></> },
          {
            id: 'revoke',
            header: <span className="sr-only">Revoke</span>,
            cell: ({ keyId, name, revokedAt }) =>
              mayAdminister &&
              revokedAt === null && (
                <Button size="small" variant="danger" aria-label={`Revoke the key of ${name}`} onClick={() => setSearch({ revoke: keyId })}>
                  Revoke…
                </Button>
              ),
          },
        ]}
      />
      {mayAdminister && ask === 'add-key' && <AddKeyDialog onClose={() => setSearch({ ask: undefined })} />}
      {mayAdminister && asked !== undefined && <RevokeDialog trusted={asked} onClose={() => setSearch({ revoke: undefined })} />}
    </Card>
  );
}
