import { useMutation } from '@tanstack/react-query';
import { Check } from 'lucide-react';
import { useState } from 'react';
import { acknowledgeAlertMutation, unacknowledgeAlertMutation } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type AlertDetail } from '../../api/gen/types.gen.ts';
import { refresh } from '../../api/query-client.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { TextAreaField } from '../../ui/fields.tsx';
import { ProblemForm, textOf } from '../../ui/problem-form.tsx';
import { tellDone, tellFailed } from '../../ui/toasts.tsx';

/** Says that one looks after the alert, or takes it back. */
export function Acknowledgement({ alert: { id, acknowledged } }: { readonly alert: AlertDetail }) {
  const [isOpen, setOpen] = useState(false);
  const acknowledge = useMutation({
    ...acknowledgeAlertMutation(),
    onSuccess: async () => {
      setOpen(false);
      tellDone('Acknowledged', 'Its escalation stops. It holds until the alert resolves.');
      await refresh('alerts');
    },
  });
  const takeBack = useMutation({ ...unacknowledgeAlertMutation(), onSuccess: () => refresh('alerts'), onError: tellFailed });
  if (acknowledged !== null) {
    return (
      <Button disabled={takeBack.isPending} onClick={() => takeBack.mutate({ path: { alertId: id } })}>
        Take acknowledgement back
      </Button>
    );
  }
  return (
    <>
      <Button variant="primary" icon={<Check size={14} aria-hidden />} onClick={() => setOpen(true)}>
        Acknowledge
      </Button>
      <Dialog isOpen={isOpen} onClose={() => setOpen(false)} title="Acknowledge the alert" lead="Says that you look after it, and stops its escalation. It holds for this episode.">
        <ProblemForm error={acknowledge.error} fields={['note']} label="Acknowledge" onSubmit={(data) => acknowledge.mutate({ path: { alertId: id }, body: { note: textOf(data, 'note') } })}>
          <TextAreaField name="note" label="Note (optional)" rows={3} maxLength={1000} hint="What you are doing about it. Everyone who may read sees it." />
          <div className="flex justify-end gap-2">
            <Button onClick={() => setOpen(false)}>Cancel</Button>
            <Button type="submit" variant="primary" disabled={acknowledge.isPending}>
              {acknowledge.isPending ? 'Working…' : 'Acknowledge'}
            </Button>
          </div>
        </ProblemForm>
      </Dialog>
    </>
  );
}
