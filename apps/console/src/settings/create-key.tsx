import { useMutation } from '@tanstack/react-query';
import { KeyRound, TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import { type CreatedKey, type OwnKeyRequest } from '../api/gen/types.gen.ts';
import { refresh } from '../api/query-client.ts';
import { Button } from '../ui/button.tsx';
import { CheckboxList } from '../ui/checkbox-list.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { SelectField, TextField } from '../ui/fields.tsx';
import { ProblemForm, textOf } from '../ui/problem-form.tsx';
import { CopyButton } from '../ui/short-id.tsx';
import { EXPIRY_CHOICES, expiresAt } from './key-expiry.ts';
import { useScopeChoices } from './permissions.ts';

interface KeyWish extends OwnKeyRequest {
  readonly tenant?: string;
  readonly requestsPerMinute?: number;
}

interface CreateKeyProps {
  /** What the key may at most be allowed; `all` for administrators. */
  readonly scopes: readonly string[] | 'all';
  /** Whether a tenant and a rate may be given. */
  readonly hasLimits?: boolean;
  readonly create: (wish: KeyWish) => Promise<CreatedKey>;
}

/** A button that makes a key: asks what for, and shows its secret once. */
export function CreateKey({ scopes, hasLimits = false, create }: CreateKeyProps) {
  const [isOpen, setOpen] = useState(false);
  const creating = useMutation({
    mutationFn: create,
    // The answer holds the secret: it is forgotten as soon as the window closes.
    gcTime: 0,
    onSuccess: () => refresh('keys', 'session', 'access'),
  });
  const close = (): void => {
    setOpen(false);
    creating.reset();
  };
  return (
    <>
      <Button variant="primary" size="small" icon={<KeyRound size={14} aria-hidden />} onClick={() => setOpen(true)}>
        Create a key
      </Button>
      <Dialog isOpen={isOpen} onClose={close} title={creating.data === undefined ? 'Create a key' : `The key ${creating.data.name}`} lead={creating.data === undefined ? 'A program shows it instead of a password. Give it no more than it needs.' : undefined} width="wide">
        {creating.data === undefined ? <KeyForm scopes={scopes} hasLimits={hasLimits} isPending={creating.isPending} error={creating.error} onSubmit={(wish) => creating.mutate(wish)} onCancel={close} /> : <Secret secret={creating.data.secret} onDone={close} />}
      </Dialog>
    </>
  );
}

interface KeyFormProps extends Pick<CreateKeyProps, 'scopes' | 'hasLimits'> {
  readonly isPending: boolean;
  readonly error: unknown;
  readonly onSubmit: (wish: KeyWish) => void;
  readonly onCancel: () => void;
}

function KeyForm({ scopes, hasLimits, isPending, error, onSubmit, onCancel }: KeyFormProps) {
  const choices = useScopeChoices(scopes);
  const submit = (data: FormData): void => {
    const end = expiresAt(textOf(data, 'expiresAt'), Date.now());
    const [tenant, rate] = [textOf(data, 'tenant'), textOf(data, 'requestsPerMinute')];
    onSubmit({
      name: textOf(data, 'name') ?? '',
      scopes: data.getAll('scopes') as OwnKeyRequest['scopes'],
      ...(end !== undefined && { expiresAt: end }),
      ...(tenant !== undefined && { tenant }),
      ...(rate !== undefined && { requestsPerMinute: Number(rate) }),
    });
  };
  return (
    <ProblemForm error={error} fields={['name', 'scopes', 'expiresAt', 'tenant', 'requestsPerMinute']} label="Create a key" onSubmit={submit} className="flex flex-col gap-4">
      <div className="grid gap-3 sm:grid-cols-2">
        <TextField name="name" label="Name" required maxLength={100} placeholder="dashboard" hint="To tell keys apart." />
        <SelectField name="expiresAt" label="Works for" choices={EXPIRY_CHOICES} />
        {hasLimits && <TextField name="tenant" label="Tenant (optional)" maxLength={64} hint="The only one that it may see and speak for." />}
        {hasLimits && <TextField name="requestsPerMinute" label="Requests to /v1 in a minute (optional)" type="number" min={1} max={1_000_000} />}
      </div>
      <CheckboxList name="scopes" label="It may do" choices={choices} hint="At most: the roles of its account limit it further." />
      <div className="flex justify-end gap-2">
        <Button onClick={onCancel}>Cancel</Button>
        <Button type="submit" variant="primary" disabled={isPending}>
          {isPending ? 'Creating…' : 'Create the key'}
        </Button>
      </div>
    </ProblemForm>
  );
}

function Secret({ secret, onDone }: { readonly secret: string; readonly onDone: () => void }) {
  return (
    <div className="flex flex-col gap-4">
      <p className="flex gap-2.5 rounded-md border border-warn/40 bg-warn-soft px-3 py-2.5 text-sm">
        <TriangleAlert size={18} className="shrink-0 text-warn" aria-hidden />
        <span>
          <strong className="font-semibold">Copy it now.</strong> It is shown this once and stored nowhere: not here, and on the server only as a hash. When it is lost, make another key and revoke this one.
        </span>
      </p>
      <div className="flex items-center gap-2 rounded-md border border-line-strong bg-raised py-1 pr-1 pl-3">
        <code className="min-w-0 flex-1 py-1 font-mono text-sm wrap-anywhere">
          {secret}
        </code>
        <CopyButton text={secret} label="Copy the key" />
      </div>
      <div className="flex justify-end">
        <Button variant="primary" onClick={onDone}>
          I have stored it
        </Button>
      </div>
    </div>
  );
}
