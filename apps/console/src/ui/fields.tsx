import { Field } from '@base-ui/react/field';
import { type ComponentProps, type ReactNode } from 'react';
import { classNames } from './class-names.ts';

const CONTROL = 'w-full rounded-md border border-line-strong bg-surface px-2.5 text-sm text-ink placeholder:text-ink-soft disabled:opacity-60 data-invalid:border-bad';

interface FieldProps {
  /** The field's name in the API, by which a problem finds it. */
  readonly name: string;
  readonly label: string;
  readonly hint?: ReactNode;
  /** Its label is for screen readers alone. */
  readonly isLabelHidden?: boolean;
  readonly className?: string;
}

function Frame({ name, label, hint, isLabelHidden, className, children }: FieldProps & { readonly children: ReactNode }) {
  return (
    <Field.Root name={name} className={classNames('flex min-w-0 flex-col gap-1', className)}>
      <Field.Label className={isLabelHidden ? 'sr-only' : 'text-xs font-medium text-ink-soft'}>{label}</Field.Label>
      {children}
      {hint !== undefined && <Field.Description className="text-xs text-ink-soft">{hint}</Field.Description>}
      <Field.Error className="text-xs font-medium text-bad" />
    </Field.Root>
  );
}

type Rest<T extends 'input' | 'select' | 'textarea'> = Omit<ComponentProps<T>, 'name' | 'className'>;

/** A line of text, a number, a date: what `type` says. */
export function TextField({ name, label, hint, isLabelHidden, className, ...rest }: FieldProps & Rest<'input'>) {
  return (
    <Frame {...{ name, label, hint, isLabelHidden, className }}>
      <Field.Control className={classNames(CONTROL, 'h-8.5')} {...rest} />
    </Frame>
  );
}

export function TextAreaField({ name, label, hint, isLabelHidden, className, ...rest }: FieldProps & Rest<'textarea'>) {
  return (
    <Frame {...{ name, label, hint, isLabelHidden, className }}>
      <Field.Control render={<textarea rows={4} className={classNames(CONTROL, 'py-2')} {...rest} />} />
    </Frame>
  );
}

export interface Choice {
  readonly value: string;
  readonly label: string;
}

/** One of some choices, by the browser's own list. */
export function SelectField({ name, label, hint, isLabelHidden, className, choices, ...rest }: FieldProps & Rest<'select'> & { readonly choices: readonly Choice[] }) {
  return (
    <Frame {...{ name, label, hint, isLabelHidden, className }}>
      <Field.Control
        render={
          <select className={classNames(CONTROL, 'h-8.5')} {...rest}>
            {choices.map(({ value, label: text }) => (
              <option key={value} value={value}>
                {text}
              </option>
            ))}
          </select>
        }
      />
    </Frame>
  );
}

export function CheckboxField({ name, label, hint, className, ...rest }: FieldProps & Rest<'input'>) {
  return (
    <Field.Root name={name} className={classNames('flex flex-col gap-1', className)}>
      <Field.Label className="flex items-center gap-2 text-sm">
        <Field.Control render={<input type="checkbox" className="size-4 accent-accent" {...rest} />} />
        {label}
      </Field.Label>
      {hint !== undefined && <Field.Description className="text-xs text-ink-soft">{hint}</Field.Description>}
      <Field.Error className="text-xs font-medium text-bad" />
    </Field.Root>
  );
}
