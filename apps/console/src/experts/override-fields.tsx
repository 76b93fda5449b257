import { Link } from '@tanstack/react-router';
import { CheckboxField, TextField } from '../ui/fields.tsx';
import { type OverrideDraft } from './override.ts';

interface OverrideFieldsProps {
  readonly draft: OverrideDraft;
  readonly onChange: (draft: OverrideDraft) => void;
  /** Which run is evidence for this. */
  readonly evidence: string;
}

/** How a protected expert is taken away all the same: by a run that shows that it may go, or as an emergency that owes a review. */
export function OverrideFields({ draft, onChange, evidence }: OverrideFieldsProps) {
  return (
    <fieldset className="flex flex-col gap-3 rounded-md border border-warn/50 p-3">
      <legend className="px-1 text-xs font-medium text-ink-soft">Override of a protected expert</legend>
      <p className="text-sm">
        Your reason and what you give here are kept as an <Link to="/changes/reviews" className="underline">override</Link>. Give a run, or say that it cannot wait.
      </p>
      <TextField name="override.evaluationId" label="Evidence: id of a run that passed" value={draft.evaluationId} onChange={(event) => onChange({ ...draft, evaluationId: event.target.value })} hint={`${evidence} Its id is in its address under Evaluations. It needs the permission approve too.`} />
      <CheckboxField name="override.emergency" label="It cannot wait for evidence" checked={draft.isEmergency} onChange={(event) => onChange({ ...draft, isEmergency: event.target.checked })} hint="A review is owed within 48 hours, by somebody else." />
    </fieldset>
  );
}
