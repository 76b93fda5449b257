import { type ReactNode } from 'react';
import { type Account, type AccountRequest } from '../api/gen/types.gen.ts';
import { CheckboxList } from '../ui/checkbox-list.tsx';
import { SelectField, TextField } from '../ui/fields.tsx';
import { ProblemForm, textOf } from '../ui/problem-form.tsx';
import { useRoleChoices } from './permissions.ts';

/** What is filled in; empty fields are null. */
export interface AccountFields {
  readonly kind: 'user' | 'service';
  readonly name: string;
  readonly email: string | null;
  readonly roles: AccountRequest['roles'];
  readonly tenant: string | null;
}

interface AccountFormProps {
  /** Left out for a new one. */
  readonly account?: Account;
  readonly error: unknown;
  readonly onSubmit: (fields: AccountFields) => void;
  /** Its buttons. */
  readonly children: ReactNode;
}

/** The fields of an account, for a new one and for changes. */
export function AccountForm({ account, error, onSubmit, children }: AccountFormProps) {
  const choices = useRoleChoices();
  const submit = (data: FormData): void =>
    onSubmit({
      kind: data.get('kind') === 'service' ? 'service' : 'user',
      name: textOf(data, 'name') ?? '',
      email: textOf(data, 'email') ?? null,
      roles: data.getAll('roles') as AccountRequest['roles'],
      tenant: textOf(data, 'tenant') ?? null,
    });
  return (
    <ProblemForm error={error} fields={['kind', 'name', 'email', 'roles', 'tenant']} label={account === undefined ? 'Create an account' : 'Change the account'} onSubmit={submit} className="flex flex-col gap-4">
      <div className="grid gap-3 sm:grid-cols-2">
        {account === undefined && (
          <SelectField name="kind" label="Kind" choices={[{ value: 'user', label: 'a person' }, { value: 'service', label: 'a program (service account)' }]} />
        )}
        <TextField name="name" label="Name" required maxLength={100} defaultValue={account?.name} />
        <TextField name="email" label="E-mail (optional)" type="email" maxLength={254} defaultValue={account?.email ?? ''} hint="Whoever signs in with it, verified, gets this account." />
        <TextField name="tenant" label="Tenant (optional)" maxLength={64} defaultValue={account?.tenant ?? ''} hint="The only one whose data it sees. Empty: all." />
      </div>
      {choices.length > 0 && <CheckboxList name="roles" label="Roles" choices={choices} defaultValues={account?.roles ?? []} />}
      {children}
    </ProblemForm>
  );
}
