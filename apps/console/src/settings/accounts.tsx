import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Bot, UserPlus, UserRound } from 'lucide-react';
import { useState } from 'react';
import { listAccountsInfiniteOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { createAccount } from '../api/gen/sdk.gen.ts';
import { refresh } from '../api/query-client.ts';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { NotAllowed } from '../ui/not-allowed.tsx';
import { byCursor, PagedTable } from '../ui/paged-table.tsx';
import { Time } from '../ui/time.tsx';
import { type AccountFields, AccountForm } from './account-form.tsx';
import { useMayAdminister } from './may-administer.ts';

/** Users and service accounts. */
export function Accounts() {
  const mayAdminister = useMayAdminister();
  const query = useInfiniteQuery({ ...listAccountsInfiniteOptions(), ...byCursor, enabled: mayAdminister });
  if (!mayAdminister) return <NotAllowed permission="administer">Here are the accounts of people and programs.</NotAllowed>;
  return (
    <Card title="Users and service accounts" lead="Roles say what an account may do. People sign in or show a key, programs show a key." isFlush actions={<NewAccount />}>
      <PagedTable
        caption="Accounts"
        query={query}
        rowKey={({ id }) => id}
        columns={[
          {
            id: 'name',
            header: 'Name',
            isRowHeader: true,
            cell: ({ id, name, kind, email }) => (
              <span className="flex items-start gap-2">
                {kind === 'user' ? <UserRound size={16} className="mt-0.5 shrink-0 text-ink-soft" aria-label="person" /> : <Bot size={16} className="mt-0.5 shrink-0 text-ink-soft" aria-label="program" />}
                <span className="min-w-0">
                  <Link to="/settings/accounts/$accountId" params={{ accountId: id }} className="font-medium wrap-anywhere">
                    {name}
                  </Link>
                  {email !== null && <span className="block text-xs text-ink-soft wrap-anywhere">{email}</span>}
                </span>
              </span>
            ),
          },
          { id: 'state', header: 'State', cell: ({ disabledAt }) => (disabledAt === null ? <Badge tone="ok">enabled</Badge> : <Badge tone="warn">disabled</Badge>) },
          { id: 'roles', header: 'Roles', cell: ({ roles }) => <span className="flex max-w-80 flex-wrap gap-1">{roles.length === 0 ? <span className="text-ink-soft">none</span> : roles.map((role) => <Badge key={role} tone="accent">{role}</Badge>)}</span> },
          { id: 'tenant', header: 'Tenant', cell: ({ tenant }) => tenant ?? <span className="text-ink-soft">all</span> },
          { id: 'created', header: 'Created', cell: ({ createdAt }) => <Time at={createdAt} />, isSecondary: true },
        ]}
      />
    </Card>
  );
}

function NewAccount() {
  const navigate = useNavigate();
  const [isOpen, setOpen] = useState(false);
  const creating = useMutation({
    mutationFn: async ({ email, tenant, ...fields }: AccountFields) => (await createAccount({ body: { ...fields, ...(email !== null && { email }), ...(tenant !== null && { tenant }) } })).data,
    onSuccess: async ({ id }) => {
      await refresh('access');
      await navigate({ to: '/settings/accounts/$accountId', params: { accountId: id } });
    },
  });
  const close = (): void => {
    setOpen(false);
    creating.reset();
  };
  return (
    <>
      <Button variant="primary" size="small" icon={<UserPlus size={14} aria-hidden />} onClick={() => setOpen(true)}>
        Create an account
      </Button>
      <Dialog isOpen={isOpen} onClose={close} title="Create an account" lead="It has no way in yet: give it a key afterwards, or let its user sign in." width="wide">
        <AccountForm error={creating.error} onSubmit={(fields) => creating.mutate(fields)}>
          <div className="flex justify-end gap-2">
            <Button onClick={close}>Cancel</Button>
            <Button type="submit" variant="primary" disabled={creating.isPending}>
              {creating.isPending ? 'Creating…' : 'Create the account'}
            </Button>
          </div>
        </AccountForm>
      </Dialog>
    </>
  );
}
