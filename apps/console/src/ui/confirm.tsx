import { type ReactNode, useId, useState } from 'react';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { TextAreaField } from './fields.tsx';
import { ProblemForm, textOf } from './problem-form.tsx';

export interface ConfirmProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly title: string;
  /** Exactly what will happen, one sentence each. */
  readonly consequences: readonly ReactNode[];
  readonly confirmLabel: string;
  readonly isDangerous?: boolean;
  /** Whether a reason must be, may be or is not given; it goes into the audit log. */
  readonly reason?: 'required' | 'optional' | 'none';
  readonly isPending: boolean;
  readonly error: unknown;
  /** Names of the fields among the children, as the API has them: its problems are shown beside them. */
  readonly fields?: readonly string[];
  readonly onConfirm: (reason: string | undefined) => void;
  readonly children?: ReactNode;
}

/** Asks before something is done, and says what. */
export function Confirm({ isOpen, onClose, title, consequences, confirmLabel, isDangerous = false, reason = 'none', isPending, error, fields = [], onConfirm, children }: ConfirmProps) {
  const [text, setText] = useState('');
  const id = useId();
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title={title}>
      <ProblemForm error={error} fields={['reason', ...fields]} label={title} onSubmit={(data) => onConfirm(reason === 'none' ? undefined : textOf(data, 'reason'))}>
        <p id={id} className="text-sm font-medium">
          What will happen
        </p>
        <ul aria-labelledby={id} className="flex list-disc flex-col gap-1 pl-5 text-sm">
          {consequences.map((consequence, index) => (
            <li key={index}>{consequence}</li>
          ))}
        </ul>
        {children}
        {reason !== 'none' && <TextAreaField name="reason" label={reason === 'required' ? 'Reason' : 'Reason (optional)'} rows={2} maxLength={1000} value={text} onChange={(event) => setText(event.target.value)} hint="It stands in the audit log." />}
        <div className="mt-1 flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant={isDangerous ? 'danger' : 'primary'} disabled={isPending || (reason === 'required' && text.trim() === '')}>
            {isPending ? 'Working…' : confirmLabel}
          </Button>
        </div>
      </ProblemForm>
    </Dialog>
  );
}
