import { Field } from '@base-ui/react/field';
import { type ReactNode, useId } from 'react';
import { classNames } from './class-names.ts';

export interface CheckboxChoice {
  readonly value: string;
  readonly label: ReactNode;
  /** What choosing it means. */
  readonly hint?: ReactNode;
}

interface CheckboxListProps {
  /** The field's name in the API. */
  readonly name: string;
  readonly label: string;
  readonly choices: readonly CheckboxChoice[];
  readonly defaultValues?: readonly string[];
  readonly hint?: ReactNode;
  readonly className?: string;
}

/** Some of many: `FormData.getAll(name)` has what is chosen. */
export function CheckboxList({ name, label, choices, defaultValues = [], hint, className }: CheckboxListProps) {
  const id = useId();
  return (
    <Field.Root name={name} render={<fieldset />} className={classNames('flex min-w-0 flex-col gap-1.5', className)}>
      <legend className="mb-1 text-xs font-medium text-ink-soft">{label}</legend>
      <div className="grid gap-x-4 gap-y-1.5 sm:grid-cols-2">
        {choices.map(({ value, label: text, hint: meaning }) => (
          <label key={value} className="flex items-start gap-2 text-sm">
            <input
              type="checkbox"
              name={name}
              value={value}
              defaultChecked={defaultValues.includes(value)}
              aria-labelledby={`${id}-${value}`}
              aria-describedby={meaning === undefined ? undefined : `${id}-${value}-hint`}
              className="mt-0.5 size-4 shrink-0 accent-accent"
            />
            <span className="min-w-0">
              <span id={`${id}-${value}`} className="font-medium">
                {text}
              </span>
              {meaning !== undefined && (
                <span id={`${id}-${value}-hint`} className="block text-xs text-ink-soft">
                  {meaning}
                </span>
              )}
            </span>
          </label>
        ))}
      </div>
      {hint !== undefined && <Field.Description className="text-xs text-ink-soft">{hint}</Field.Description>}
      <Field.Error className="text-xs font-medium text-bad" />
    </Field.Root>
  );
}
