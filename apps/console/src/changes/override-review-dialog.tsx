import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { reviewProtectionOverrideMutation } from '../api/gen/@tanstack/react-query.gen.ts';
import { type OverrideReviewRequest, type ProtectionOverrideRecord } from '../api/gen/types.gen.ts';
import { refresh } from '../api/query-client.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { SelectField, TextAreaField } from '../ui/fields.tsx';
import { ProblemForm } from '../ui/problem-form.tsx';
import { tellDone } from '../ui/toasts.tsx';
import { actText } from './override-words.ts';

type Verdict = OverrideReviewRequest['verdict'];

const AFTERWARDS: Readonly<Record<Verdict, string>> = {
  confirmed: 'It owes nothing any more. That cannot be taken back.',
  'to-revert': 'It stays owed: take the act back where it was done, then confirm it here.',
};

/** The review that an emergency over a protected expert owes. */
export function OverrideReviewDialog({ override: { id, model, act, takings, reason, byName, review }, onClose }: { readonly override: ProtectionOverrideRecord; readonly onClose: () => void }) {
  const [verdict, setVerdict] = useState<Verdict>('confirmed');
  const [note, setNote] = useState('');
  const send = useMutation({
    ...reviewProtectionOverrideMutation(),
    onSuccess: () => {
      tellDone(verdict === 'confirmed' ? 'The override is confirmed' : 'The override is to be reverted');
      onClose();
    },
    onSettled: () => refresh('protection', 'audit'),
  });
  const experts = takings.map(({ layer, expert }) => `expert ${expert} of layer ${layer}`).join(', ');
  return (
    <Dialog isOpen onClose={onClose} title="Review the emergency" lead={`${actText(act)}: ${byName} took away ${experts} of ${model}.`}>
      <ProblemForm label="Review the emergency" error={send.error} fields={['verdict', 'note']} onSubmit={() => send.mutate({ path: { model, overrideId: id }, body: { verdict, note: note.trim() } })}>
        <p className="text-sm wrap-anywhere">“{reason}”</p>
        {takings.map((taking) => (
          <p key={`${taking.layer}/${taking.expert}`} className="text-xs wrap-anywhere text-ink-soft">
            Expert {taking.expert} of layer {taking.layer} is protected: {taking.reason}
          </p>
        ))}
        {review !== null && (
          <p className="text-sm wrap-anywhere">
            {review.byName} found that it is to be reverted: {review.note}
          </p>
        )}
        <SelectField
          name="verdict"
          label="What you decide"
          value={verdict}
          onChange={(event) => setVerdict(event.target.value as Verdict)}
          choices={[
            { value: 'confirmed', label: review === null ? 'It was right: confirm it' : 'It is reverted: confirm it' },
            { value: 'to-revert', label: 'It is to be reverted' },
          ]}
          hint={AFTERWARDS[verdict]}
        />
        <TextAreaField name="note" label="What you found" rows={3} maxLength={1000} value={note} onChange={(event) => setNote(event.target.value)} hint="In at least 10 characters. It stands in the audit log, with your name." />
        <div className="mt-1 flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" disabled={send.isPending || note.trim() === ''}>
            {send.isPending ? 'Working…' : 'Give the review'}
          </Button>
        </div>
      </ProblemForm>
    </Dialog>
  );
}
