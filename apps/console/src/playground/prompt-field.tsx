import { TextAreaField } from '../ui/fields.tsx';

/** A prompt; Ctrl or Command with Enter sends it. */
export function PromptField({ name, label, rows, isRequired = true }: { readonly name: string; readonly label: string; readonly rows: number; readonly isRequired?: boolean }) {
  return (
    <TextAreaField
      name={name}
      label={label}
      rows={rows}
      required={isRequired}
      spellCheck={false}
      hint="Ctrl + Enter sends it."
      onKeyDown={(event) => {
        if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
        event.preventDefault();
        event.currentTarget.form?.requestSubmit();
      }}
    />
  );
}
