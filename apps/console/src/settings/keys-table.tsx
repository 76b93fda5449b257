import { type InfiniteData, useMutation, type UseInfiniteQueryResult } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { type Key, type Keys } from '../api/gen/types.gen.ts';
import { refresh } from '../api/query-client.ts';
import { Badge, type Tone } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { type Column } from '../ui/data-table.tsx';
import { PagedTable } from '../ui/paged-table.tsx';
import { Empty } from '../ui/states.tsx';
import { Time, useNowMs } from '../ui/time.tsx';
import { tellDone } from '../ui/toasts.tsx';
import { type KeyState, keyState } from './key-expiry.ts';

const TONES: Readonly<Record<KeyState, Tone>> = { valid: 'ok', 'expires soon': 'warn', expired: 'neutral', revoked: 'neutral' };

interface KeysTableProps {
  readonly caption: string;
  readonly query: Pick<UseInfiniteQueryResult<InfiniteData<Keys>, unknown>, 'data' | 'error' | 'refetch' | 'hasNextPage' | 'fetchNextPage' | 'isFetchingNextPage'>;
  /** Takes a key back for good. */
  readonly revoke: (keyId: string) => Promise<unknown>;
  /** Shown where the keys are of many accounts. */
  readonly hasAccounts?: boolean;
}

/** Keys without their secrets, each with a button that revokes it. */
export function KeysTable({ caption, query, revoke, hasAccounts = false }: KeysTableProps) {
  const nowMs = useNowMs();
  const [chosen, setChosen] = useState<Key | null>(null);
  const revoking = useMutation({
    mutationFn: revoke,
    onSuccess: async () => {
      setChosen(null);
      tellDone('The key is revoked', 'What still uses it is refused from now on.');
      await refresh('keys', 'session', 'access');
    },
  });
  const columns: readonly Column<Key>[] = [
    {
      id: 'name',
      header: 'Name',
      isRowHeader: true,
      cell: ({ name, prefix }) => (
        <>
          <span className="font-medium wrap-anywhere">{name}</span>
          <span className="block font-mono text-xs text-ink-soft" title="By this a key is told apart in logs.">
            {prefix}
          </span>
        </>
      ),
    },
    { id: 'state', header: 'State', cell: (key) => <Badge tone={TONES[keyState(key, nowMs)]}>{keyState(key, nowMs)}</Badge> },
    { id: 'scopes', header: 'Limited to', cell: ({ scopes, tenant, requestsPerMinute }) => <Limits scopes={scopes} tenant={tenant} requestsPerMinute={requestsPerMinute} /> },
    ...(hasAccounts ? [{ id: 'account', header: 'Account', cell: ({ account }: Key) => <AccountLink account={account} /> }] : []),
    { id: 'used', header: 'Last used', cell: ({ lastUsedAt }) => (lastUsedAt === null ? <span className="text-ink-soft">never</span> : <Time at={lastUsedAt} as="relative" />) },
    { id: 'expires', header: 'Expires', cell: ({ expiresAt }) => (expiresAt === null ? <span className="text-ink-soft">never</span> : <Time at={expiresAt} />), isSecondary: true },
    { id: 'created', header: 'Created', cell: ({ createdAt }) => <Time at={createdAt} />, isSecondary: true },
    {
      id: 'revoke',
      header: <span className="sr-only">What can be done</span>,
      align: 'right',
      cell: (key) =>
        key.revokedAt === null && (
          <Button size="small" variant="quiet" aria-label={`Revoke ${key.name}`} onClick={() => setChosen(key)}>
            Revoke
          </Button>
        ),
    },
  ];
  return (
    <>
      <PagedTable caption={caption} query={query} columns={columns} rowKey={({ id }) => id} empty={<Empty title="There are no keys">A key lets a program in. Its secret is shown once, when it is made.</Empty>} />
      <Confirm
        isOpen={chosen !== null}
        onClose={() => {
          setChosen(null);
          revoking.reset();
        }}
        title={`Revoke the key ${chosen?.name ?? ''}`}
        consequences={['Whatever uses this key is refused: by the management API at once, by /v1 within seconds.', 'Sessions that were opened with it end.', 'It cannot be brought back. Make another key instead.']}
        confirmLabel="Revoke the key"
        isDangerous
        isPending={revoking.isPending}
        error={revoking.error}
        onConfirm={() => chosen !== null && revoking.mutate(chosen.id)}
      />
    </>
  );
}

function Limits({ scopes, tenant, requestsPerMinute }: Pick<Key, 'scopes' | 'tenant' | 'requestsPerMinute'>) {
  return (
    <span className="flex max-w-72 flex-wrap gap-1">
      {scopes.map((scope) => (
        <Badge key={scope}>{scope}</Badge>
      ))}
      {tenant !== null && <Badge tone="info">tenant {tenant}</Badge>}
      {requestsPerMinute !== null && <Badge tone="info">{requestsPerMinute} requests/min</Badge>}
    </span>
  );
}

function AccountLink({ account }: { readonly account: string | null }) {
  if (account === null) return <span className="text-ink-soft">for itself</span>;
  return (
    <Link to="/settings/accounts/$accountId" params={{ accountId: account }} className="font-mono text-xs" title={account}>
      {account.slice(0, account.indexOf(':') + 9)}…
    </Link>
  );
}
