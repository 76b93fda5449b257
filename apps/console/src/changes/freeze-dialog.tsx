import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { createFreeze, deleteFreeze, putFreeze } from '../api/gen/sdk.gen.ts';
import { type FreezeRequest, type FreezeWindow } from '../api/gen/types.gen.ts';
import { refresh } from '../api/query-client.ts';
import { useModels } from '../shell/scope.ts';
import { Button } from '../ui/button.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { SelectField, TextAreaField, TextField } from '../ui/fields.tsx';
import { ProblemForm, textOf } from '../ui/problem-form.tsx';
import { Time, VIEWER_ZONE } from '../ui/time.tsx';
import { tellDone } from '../ui/toasts.tsx';
import { instantOf, localInput, shiftDate } from './month-grid.ts';

const FIELDS = ['name', 'reason', 'model', 'from', 'to'];

/** Makes a freeze window, or changes one; asks before it is written. */
export function FreezeDialog({ freeze, date, onClose, onEnd }: { readonly freeze: FreezeWindow | null; readonly date: string; readonly onClose: () => void; readonly onEnd?: () => void }) {
  const models = useModels() ?? [];
  const [wanted, setWanted] = useState<FreezeRequest | null>(null);
  const local = (at: string): string => localInput(Date.parse(at), VIEWER_ZONE);
  const save = useMutation({
    mutationFn: (body: FreezeRequest) => (freeze === null ? createFreeze({ body }) : putFreeze({ path: { freezeId: freeze.id }, headers: { 'if-match': `"${freeze.generation}"` }, body })),
    onSuccess: () => {
      tellDone(freeze === null ? 'Freeze window made' : 'Freeze window changed');
      onClose();
    },
    // Back to the form, where the problem is shown at its field.
    onError: () => setWanted(null),
    onSettled: () => refresh('changes'),
  });
  return (
    <>
      <Dialog isOpen={wanted === null} onClose={onClose} title={freeze === null ? 'New freeze window' : `Freeze window "${freeze.name}"`} lead="Nothing is applied while it holds, except ways back and broken glass.">
        <ProblemForm
          label="Freeze window" error={save.error} fields={FIELDS}
          onSubmit={(data) => setWanted({ name: textOf(data, 'name') ?? '', reason: textOf(data, 'reason') ?? '', model: textOf(data, 'model') ?? null, from: iso(textOf(data, 'from')), to: iso(textOf(data, 'to')) })}
        >
          <TextField name="name" label="Name" required maxLength={100} defaultValue={wanted?.name ?? freeze?.name} />
          <TextAreaField name="reason" label="Why" required rows={2} maxLength={10_000} defaultValue={wanted?.reason ?? freeze?.reason} />
          <SelectField name="model" label="Model" defaultValue={freeze?.model ?? ''} choices={[{ value: '', label: 'all models' }, ...models.map((model) => ({ value: model, label: model }))]} />
          <div className="grid gap-3 sm:grid-cols-2">
            <TextField name="from" label={`From (${VIEWER_ZONE})`} type="datetime-local" required defaultValue={freeze === null ? `${date}T00:00` : local(freeze.from)} />
            <TextField name="to" label="To" type="datetime-local" required defaultValue={freeze === null ? `${shiftDate(date, 1)}T00:00` : local(freeze.to)} />
          </div>
          <div className="mt-1 flex justify-end gap-2">
            {onEnd !== undefined && (
              <Button variant="danger" className="mr-auto" onClick={onEnd}>
                End it
              </Button>
            )}
            <Button onClick={onClose}>Cancel</Button>
            <Button type="submit" variant="primary">
              Continue
            </Button>
          </div>
        </ProblemForm>
      </Dialog>
      {wanted !== null && (
        <Confirm
          isOpen onClose={() => setWanted(null)} title={freeze === null ? `Make the freeze window "${wanted.name}"` : `Change the freeze window to "${wanted.name}"`} confirmLabel={freeze === null ? 'Make it' : 'Change it'} isPending={save.isPending} error={save.error} onConfirm={() => save.mutate(wanted)}
          consequences={[
            <>
              From <Time at={wanted.from} as="full" /> to <Time at={wanted.to} as="full" /> no normal or standard change is applied to {wanted.model ?? 'any model'}, and no canary is promoted by its request.
            </>,
            'Scheduled changes wait for its end, as long as their window is open.',
            'Rollback, recall and broken glass stay possible; so do direct acts of operators on models of the mode open.',
          ]}
        />
      )}
    </>
  );
}

/** A window that holds ends now and stays listed; one to come is taken away. */
export function EndFreeze({ freeze, onClose }: { readonly freeze: FreezeWindow; readonly onClose: () => void }) {
  const end = useMutation({
    mutationFn: () => {
      const to = { path: { freezeId: freeze.id }, headers: { 'if-match': `"${freeze.generation}"` } };
      const { name, reason, model, from } = freeze;
      return freeze.active ? putFreeze({ ...to, body: { name, reason, model, from, to: new Date().toISOString() } }) : deleteFreeze(to);
    },
    onSuccess: () => {
      tellDone('Freeze window ended');
      onClose();
    },
    onSettled: () => refresh('changes'),
  });
  return (
    <Confirm
      isOpen onClose={onClose} title={`End the freeze window "${freeze.name}"`} isDangerous confirmLabel={freeze.active ? 'End it now' : 'Take it away'} isPending={end.isPending} error={end.error} onConfirm={() => end.mutate()}
      consequences={[freeze.active ? `It holds no longer: changes to ${freeze.model ?? 'all models'} can be applied.` : 'It is taken away before it begins.', 'Scheduled changes that waited for it are applied within seconds, if nothing else blocks them.', 'It stands in the audit log.']}
    />
  );
}

function iso(local: string | undefined): string {
  const atMs = instantOf(local ?? '', VIEWER_ZONE);
  return atMs === null ? (local ?? '') : new Date(atMs).toISOString();
}
