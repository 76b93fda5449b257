import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { deleteReceiverMutation, enableReceiverMutation, putReceiverMutation } from '../../api/gen/@tanstack/react-query.gen.ts';
import { rotateReceiverSecret } from '../../api/gen/sdk.gen.ts';
import { type Receiver } from '../../api/gen/types.gen.ts';
import { refresh } from '../../api/query-client.ts';
import { Button } from '../../ui/button.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { CheckboxField } from '../../ui/fields.tsx';
import { ProblemForm, textOf } from '../../ui/problem-form.tsx';
import { tellDone, tellFailed } from '../../ui/toasts.tsx';
import { ReceiverFields } from './receiver-fields.tsx';
import { SecretOnce } from './secret-once.tsx';
import { targetFieldNames, targetOf } from './target-draft.ts';

/** What can be done to a receiver: change, a new secret, on and off, away with it. */
export function ReceiverActions({ receiver }: { readonly receiver: Receiver }) {
  const { id, name, kind, generation, disabledReason } = receiver;
  const [open, setOpen] = useState<'edit' | 'rotate' | 'delete' | null>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const navigate = useNavigate();
  const path = { receiverId: id };
  const headers = { 'if-match': `"${generation}"` };
  const done = async (text: string): Promise<void> => {
    setOpen(null);
    tellDone(text);
    await refresh('receivers');
  };
  const change = useMutation({ ...putReceiverMutation(), onSuccess: () => done('Saved') });
  const enable = useMutation({ ...enableReceiverMutation(), onSuccess: () => done('It is on again. Its dead letters stay until they are replayed.'), onError: tellFailed });
  const remove = useMutation({
    ...deleteReceiverMutation(),
    onSuccess: async () => {
      await navigate({ to: '/alerts/receivers' });
      await done(`${name} is removed`);
    },
  });
  const rotate = useMutation({
    mutationFn: async () => (await rotateReceiverSecret({ path, body: {} })).data,
    gcTime: 0,
    onSuccess: async (answer) => {
      setOpen(null);
      setSecret(answer.secret);
      await refresh('receivers');
    },
  });
  return (
    <>
      {disabledReason !== null && (
        <Button variant="primary" disabled={enable.isPending} onClick={() => enable.mutate({ path })}>
          Switch on
        </Button>
      )}
      <Button onClick={() => setOpen('edit')}>Change</Button>
      {kind === 'webhook' && <Button onClick={() => setOpen('rotate')}>New secret</Button>}
      <Button variant="danger" onClick={() => setOpen('delete')}>
        Remove
      </Button>
      <Dialog isOpen={open === 'edit'} onClose={() => setOpen(null)} title={`Change ${name}`} lead="Secrets for another host, address or user must be given again.">
        <ProblemForm
          error={change.error}
          fields={['name', 'disabled', ...targetFieldNames(kind)]}
          label={`Change ${name}`}
          onSubmit={(data) => change.mutate({ path, headers, body: { name: textOf(data, 'name') ?? '', target: targetOf(kind, (field) => textOf(data, field)), ...(disabledReason === null && data.get('disabled') !== null && { disabled: true }) } })}
        >
          <ReceiverFields kind={kind} receiver={receiver} />
          {disabledReason === null && <CheckboxField name="disabled" label="Switch it off" hint="What is for it meanwhile becomes dead letters." />}
          <div className="flex justify-end gap-2">
            <Button onClick={() => setOpen(null)}>Cancel</Button>
            <Button type="submit" variant="primary" disabled={change.isPending}>
              {change.isPending ? 'Saving…' : 'Save'}
            </Button>
          </div>
        </ProblemForm>
      </Dialog>
      <Confirm isOpen={open === 'rotate'} onClose={() => setOpen(null)} title={`New secret for ${name}`} consequences={['A new secret is made and shown once.', 'For a day, notifications are signed with the old one too.', 'After that only the new one signs: give it to the receiver before.']} confirmLabel="Make a new secret" isPending={rotate.isPending} error={rotate.error} onConfirm={() => rotate.mutate()} />
      <Confirm isOpen={open === 'delete'} onClose={() => setOpen(null)} title={`Remove ${name}`} consequences={['It is told of nothing more.', `Its ${receiver.waiting} waiting notifications, ${receiver.deadLetters} dead letters and its whole delivery log are deleted.`, 'Refused while the policy of who is told names it.']} confirmLabel="Remove" isDangerous isPending={remove.isPending} error={remove.error} onConfirm={() => remove.mutate({ path, headers })} />
      {secret !== null && <SecretOnce name={name} secret={secret} note="The old secret signs along for a day." onClose={() => setSecret(null)} />}
    </>
  );
}
