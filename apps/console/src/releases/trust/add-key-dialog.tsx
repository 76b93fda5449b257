import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { addTrustedKeyMutation } from '../../api/gen/@tanstack/react-query.gen.ts';
import { refresh } from '../../api/query-client.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { TextAreaField, TextField } from '../../ui/fields.tsx';
import { shortId } from '../../ui/format.ts';
import { ProblemForm, textOf } from '../../ui/problem-form.tsx';
import { tellDone } from '../../ui/toasts.tsx';

/** The server takes a key of at most so many characters. */
const MAX_PEM = 10_000;

/** Has signatures of a public key count from now on. */
export function AddKeyDialog({ onClose }: { readonly onClose: () => void }) {
  const [pem, setPem] = useState('');
  const add = useMutation({
    ...addTrustedKeyMutation(),
    onSuccess: async ({ keyId, name }) => {
      tellDone(`${name} is trusted`, `Key ${shortId(keyId)}. What it signed counts from now on.`);
      onClose();
      await refresh('signatures', 'audit');
    },
  });
  const read = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    add.reset();
    // A key is some hundred characters: what is longer is another file, and the server says so.
    setPem(await file.slice(0, MAX_PEM).text());
  };
  return (
    <Dialog isOpen onClose={onClose} title="Trust a public key" lead="Whatever it signed, and will sign, counts wherever signatures are required. Make a key with the command signalbox trust new-key; only its public part (.pub) is given here.">
      <ProblemForm error={add.error} fields={['name', 'pem']} label="Trust a public key" onSubmit={(data) => add.mutate({ body: { name: textOf(data, 'name') ?? '', pem } })}>
        <TextField name="name" label="Name: whose key it is" required maxLength={100} />
        <TextField name="file" label="File with the public key (or paste it below)" type="file" accept=".pub,.pem" className="[&_input]:py-1.5" onChange={(event) => void read(event.target.files?.[0])} />
        <TextAreaField name="pem" label="Public key in PEM (ECDSA P-256)" required rows={6} spellCheck={false} maxLength={MAX_PEM} placeholder="-----BEGIN PUBLIC KEY-----" value={pem} onChange={(event) => setPem(event.target.value)} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" disabled={add.isPending}>
            {add.isPending ? 'Working…' : 'Trust this key'}
          </Button>
        </div>
      </ProblemForm>
    </Dialog>
  );
}
