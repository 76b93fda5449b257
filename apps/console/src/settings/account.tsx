import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { getAccountOptions, listAccountKeysInfiniteOptions, listAccountSessionsInfiniteOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { changeAccount, createAccountKey, endAccountSessions, revokeKey } from '../api/gen/sdk.gen.ts';
import { type Account } from '../api/gen/types.gen.ts';
import { problemOf } from '../api/problem.ts';
import { queryClient, refresh } from '../api/query-client.ts';
import { Badge } from '../ui/badge.tsx';
import { Button, ButtonLink } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { NotAllowed } from '../ui/not-allowed.tsx';
import { byCursor } from '../ui/paged-table.tsx';
import { ShortId } from '../ui/short-id.tsx';
import { Loaded } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { tellDone, tellFailed } from '../ui/toasts.tsx';
import { AccountForm } from './account-form.tsx';
import { CreateKey } from './create-key.tsx';
import { KeysTable } from './keys-table.tsx';
import { useMayAdminister } from './may-administer.ts';
import { SessionsTable } from './sessions-table.tsx';

/** One account: what it is and may, its keys and its sessions. */
export function AccountView() {
  const { accountId } = useParams({ strict: false }) as { readonly accountId: string };
  const mayAdminister = useMayAdminister();
  const query = useQuery({ ...getAccountOptions({ path: { accountId } }), enabled: mayAdminister });
  if (!mayAdminister) return <NotAllowed permission="administer">Here is the account of somebody else.</NotAllowed>;
  return (
    <Loaded query={query} rows={8}>
      {(account) => (
        <>
          <Summary account={account} />
          <Change key={String(account.disabledAt)} account={account} />
          <AccountKeys accountId={account.id} />
          <AccountSessions account={account} />
        </>
      )}
    </Loaded>
  );
}

function Summary({ account }: { readonly account: Account }) {
  return (
    <Card
      title={account.name}
      lead={account.kind === 'user' ? 'A person.' : 'A program.'}
      actions={
        <>
          <ButtonLink size="small" to="/audit" search={{ actor: account.id, whole: true }}>
            Its acts
          </ButtonLink>
          <ButtonLink size="small" to="/audit" search={{ subject: `account/${account.id}`, whole: true }}>
            Changes to it
          </ButtonLink>
          <Enabled account={account} />
        </>
      }
    >
      <p className="flex flex-wrap items-center gap-x-4 gap-y-1 text-sm">
        {account.disabledAt === null ? <Badge tone="ok">enabled</Badge> : <Badge tone="warn">disabled</Badge>}
        <ShortId id={account.id} what="account" />
        <span className="text-ink-soft">
          Created <Time at={account.createdAt} /> by <span className="font-mono text-xs">{account.createdBy}</span>
        </span>
      </p>
    </Card>
  );
}

function Enabled({ account }: { readonly account: Account }) {
  const [isOpen, setOpen] = useState(false);
  const isEnabled = account.disabledAt === null;
  const changing = useMutation({
    mutationFn: () => changeAccount({ path: { accountId: account.id }, headers: { 'if-match': `"${account.version}"` }, body: { disabled: isEnabled } }),
    onSuccess: async () => {
      setOpen(false);
      tellDone(isEnabled ? `${account.name} is disabled` : `${account.name} is enabled`);
      await refresh('access');
    },
  });
  const close = (): void => {
    setOpen(false);
    changing.reset();
  };
  return (
    <>
      <Button size="small" variant={isEnabled ? 'danger' : 'plain'} onClick={() => setOpen(true)}>
        {isEnabled ? 'Disable' : 'Enable'}
      </Button>
      <Confirm
        isOpen={isOpen}
        onClose={close}
        title={`${isEnabled ? 'Disable' : 'Enable'} ${account.name}`}
        consequences={
          isEnabled
            ? ['Its keys are refused: by the management API at once, by /v1 within 5 seconds.', 'Its sessions end for good.', 'Nothing of what it made is changed. It can be enabled again.']
            : ['Its keys that are neither expired nor revoked work again.', 'Its user can sign in again; sessions from before stay ended.']
        }
        confirmLabel={isEnabled ? 'Disable the account' : 'Enable the account'}
        isDangerous={isEnabled}
        isPending={changing.isPending}
        error={changing.error}
        onConfirm={() => changing.mutate()}
      />
    </>
  );
}

function Change({ account }: { readonly account: Account }) {
  // Whoever changes the account is told of a change by somebody else, and decides anew.
  const [ground, setGround] = useState(account);
  const changing = useMutation({
    mutationFn: async (body: Parameters<typeof changeAccount>[0]['body']) => (await changeAccount({ path: { accountId: account.id }, headers: { 'if-match': `"${ground.version}"` }, body })).data,
    onSuccess: async (changed) => {
      setGround(changed);
      tellDone(`${changed.name} is changed`, 'The management API goes by it at once, /v1 within seconds.');
      await refresh('access', 'session');
    },
  });
  const isStale = changing.error !== null && problemOf(changing.error, undefined).status === 412;
  const takeOver = async (): Promise<void> => {
    setGround(await queryClient.fetchQuery({ ...getAccountOptions({ path: { accountId: account.id } }), staleTime: 0 }));
    changing.reset();
  };
  return (
    <Card title="Name and roles" lead="Changes count from the next request on.">
      <AccountForm key={ground.version} account={ground} error={changing.error} onSubmit={({ kind: _kind, ...fields }) => changing.mutate(fields)}>
        <div className="flex flex-wrap gap-2">
          <Button type="submit" variant="primary" disabled={changing.isPending}>
            {changing.isPending ? 'Saving…' : 'Save'}
          </Button>
          {(isStale || account.version > ground.version) && <Button onClick={() => void takeOver().catch(tellFailed)}>Show it as it stands now</Button>}
        </div>
      </AccountForm>
    </Card>
  );
}

function AccountKeys({ accountId }: { readonly accountId: string }) {
  const query = useInfiniteQuery({ ...listAccountKeysInfiniteOptions({ path: { accountId } }), ...byCursor });
  return (
    <Card title="Keys" lead="A key names who made it, so that nobody approves their own change by the key of another." isFlush actions={<CreateKey scopes="all" hasLimits create={async (body) => (await createAccountKey({ path: { accountId }, body })).data} />}>
      <KeysTable caption="Table of its keys" query={query} revoke={(keyId) => revokeKey({ path: { keyId } })} />
    </Card>
  );
}

function AccountSessions({ account }: { readonly account: Account }) {
  const [isOpen, setOpen] = useState(false);
  const query = useInfiniteQuery({ ...listAccountSessionsInfiniteOptions({ path: { accountId: account.id } }), ...byCursor });
  const ending = useMutation({
    mutationFn: async () => (await endAccountSessions({ path: { accountId: account.id } })).data,
    onSuccess: async ({ ended }) => {
      setOpen(false);
      tellDone(ended === 1 ? 'One session has ended' : `${ended} sessions have ended`);
      await refresh('access');
    },
  });
  return (
    <Card title="Sessions" lead="Browsers that are signed in with this account; they end together." isFlush actions={<Button size="small" onClick={() => setOpen(true)}>End all</Button>}>
      <SessionsTable caption="Table of its sessions" query={query} />
      <Confirm
        isOpen={isOpen}
        onClose={() => {
          setOpen(false);
          ending.reset();
        }}
        title={`End all sessions of ${account.name}`}
        consequences={['Every browser that is signed in with this account has to sign in again.', 'Keys go on working.']}
        confirmLabel="End all sessions"
        isPending={ending.isPending}
        error={ending.error}
        onConfirm={() => ending.mutate()}
      />
    </Card>
  );
}
