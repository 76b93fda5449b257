import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { listOwnKeysInfiniteOptions, listOwnSessionsInfiniteOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { createOwnKey, endOwnSession, revokeOwnKey } from '../api/gen/sdk.gen.ts';
import { type Me } from '../api/gen/types.gen.ts';
import { refresh } from '../api/query-client.ts';
import { useMe } from '../session/session.ts';
import { Badge } from '../ui/badge.tsx';
import { Card } from '../ui/card.tsx';
import { byCursor } from '../ui/paged-table.tsx';
import { ShortId } from '../ui/short-id.tsx';
import { Empty, Loading } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { tellDone, tellFailed } from '../ui/toasts.tsx';
import { CreateKey } from './create-key.tsx';
import { KeysTable } from './keys-table.tsx';
import { useRoles } from './permissions.ts';
import { SessionsTable } from './sessions-table.tsx';

/** Who one is, what one may do, and one's own keys and sessions. */
export function OwnAccount() {
  const me = useMe();
  if (me === undefined) return <Loading rows={6} />;
  return (
    <>
      <div className="grid gap-4 lg:grid-cols-[minmax(0,1fr)_minmax(0,1.4fr)]">
        <WhoIAm me={me} />
        <WhatIMay me={me} />
      </div>
      <OwnKeys me={me} />
      <OwnSessions />
    </>
  );
}

function WhoIAm({ me }: { readonly me: Me }) {
  const rows = [
    ['Name', me.name],
    ['Account', <ShortId key="id" id={me.account} what="account" />],
    ['Kind', me.kind === 'user' ? 'a person' : me.kind === 'service' ? 'a program' : 'a key without an account'],
    ['Roles', me.roles.length === 0 ? 'none' : <Roles key="roles" roles={me.roles} />],
    ['Tenant', me.tenant ?? 'all'],
    ['Signed in until', me.session === null ? 'none' : <Time key="end" at={me.session.expiresAt} />],
  ] as const;
  return (
    <Card title="Who you are">
      <dl className="grid grid-cols-[max-content_minmax(0,1fr)] gap-x-6 gap-y-2 text-sm">
        {rows.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-ink-soft">{name}</dt>
            <dd className="min-w-0 wrap-anywhere">{value}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}

function Roles({ roles }: { readonly roles: readonly string[] }) {
  return (
    <span className="flex flex-wrap gap-1">
      {roles.map((role) => (
        <Badge key={role} tone="accent">
          {role}
        </Badge>
      ))}
    </span>
  );
}

function WhatIMay({ me }: { readonly me: Me }) {
  const meanings = useRoles().data?.permissions ?? [];
  return (
    <Card title="What you may do" lead="By your roles, and by the key that opened this session.">
      {me.permissions.length === 0 ? (
        <Empty title="You may do nothing yet">Ask an administrator for a role. This page shows it as soon as you have one.</Empty>
      ) : (
        <dl className="grid gap-x-6 gap-y-2 text-sm sm:grid-cols-[max-content_minmax(0,1fr)]">
          {meanings
            .filter(({ permission }) => me.permissions.includes(permission))
            .map(({ permission, meaning }) => (
              <div key={permission} className="contents">
                <dt>
                  <Badge>{permission}</Badge>
                </dt>
                <dd>{meaning}</dd>
              </div>
            ))}
        </dl>
      )}
    </Card>
  );
}

function OwnKeys({ me }: { readonly me: Me }) {
  const query = useInfiniteQuery({ ...listOwnKeysInfiniteOptions(), ...byCursor });
  const isUser = me.kind === 'user';
  return (
    <Card
      title="Your keys"
      lead={isUser ? 'Programs that act for you show one of these. A key can do no more than you may now.' : 'Keys of services are made by administrators.'}
      isFlush
      actions={isUser && me.permissions.length > 0 && <CreateKey scopes={me.permissions} create={async (body) => (await createOwnKey({ body })).data} />}
    >
      <KeysTable caption="Table of your keys" query={query} revoke={(keyId) => revokeOwnKey({ path: { keyId } })} />
    </Card>
  );
}

function OwnSessions() {
  const query = useInfiniteQuery({ ...listOwnSessionsInfiniteOptions(), ...byCursor });
  const ending = useMutation({
    mutationFn: (sessionId: string) => endOwnSession({ path: { sessionId } }),
    onSuccess: async () => {
      tellDone('The session has ended', 'That browser has to sign in again.');
      await refresh('session');
    },
    onError: tellFailed,
  });
  return (
    <Card title="Your sessions" lead="Browsers that are signed in as you. End those that you do not know." isFlush>
      <SessionsTable caption="Table of your sessions" query={query} onEnd={({ id }) => ending.mutate(id)} />
    </Card>
  );
}
