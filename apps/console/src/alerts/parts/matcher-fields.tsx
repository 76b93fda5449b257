import { Plus, Trash2 } from 'lucide-react';
import { Button } from '../../ui/button.tsx';
import { SelectField, TextField } from '../../ui/fields.tsx';
import { type MatcherDraft, NEW_MATCHER } from './matcher-draft.ts';

const IS = [
  { value: 'equal', label: 'is' },
  { value: 'not-equal', label: 'is not' },
  { value: 'one-of', label: 'is one of' },
  { value: 'none-of', label: 'is none of' },
];

/** Names of the fields of matchers in the API, for problems that name them. */
export function matcherFieldNames(path: string, count: number): readonly string[] {
  return [path, ...Array.from({ length: count }, (_, at) => [`${path}.${at}.label`, `${path}.${at}.is`, `${path}.${at}.value`, `${path}.${at}.values`]).flat()];
}

/** Matchers to edit, all of which must hold. `path` is their name in the API. */
export function MatcherFields({ path, legend, hint, drafts, onChange, labels }: { readonly path: string; readonly legend: string; readonly hint: string; readonly drafts: readonly MatcherDraft[]; readonly onChange: (drafts: readonly MatcherDraft[]) => void; readonly labels: readonly string[] }) {
  const change = (at: number, parts: Partial<MatcherDraft>): void => onChange(drafts.map((draft, index) => (index === at ? { ...draft, ...parts } : draft)));
  return (
    <fieldset className="flex min-w-0 flex-col gap-2">
      <legend className="text-xs font-medium text-ink-soft">{legend}</legend>
      <p className="text-xs text-ink-soft">{hint}</p>
      {drafts.map(({ label, is, text }, at) => (
        <div key={at} className="flex flex-wrap items-start gap-2">
          <TextField name={`${path}.${at}.label`} label={`Label of matcher ${at + 1}`} isLabelHidden className="w-32" value={label} list={`${path}-labels`} onChange={(event) => change(at, { label: event.target.value })} />
          <SelectField name={`${path}.${at}.is`} label={`Comparison of matcher ${at + 1}`} isLabelHidden className="w-28" choices={IS} value={is} onChange={(event) => change(at, { is: event.target.value as MatcherDraft['is'] })} />
          <TextField name={is === 'equal' || is === 'not-equal' ? `${path}.${at}.value` : `${path}.${at}.values`} label={`Value of matcher ${at + 1}`} isLabelHidden className="min-w-40 flex-1" value={text} placeholder={is === 'equal' || is === 'not-equal' ? 'value; empty: the label is missing' : 'values, with commas between'} onChange={(event) => change(at, { text: event.target.value })} />
          <Button size="small" variant="quiet" className="mt-0.5" aria-label={`Remove matcher ${at + 1}`} icon={<Trash2 size={13} aria-hidden />} onClick={() => onChange(drafts.filter((_, index) => index !== at))} />
        </div>
      ))}
      <datalist id={`${path}-labels`}>
        {labels.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <div>
        <Button size="small" icon={<Plus size={13} aria-hidden />} onClick={() => onChange([...drafts, { ...NEW_MATCHER, label: labels[0] ?? NEW_MATCHER.label }])}>
          Add a matcher
        </Button>
      </div>
    </fieldset>
  );
}
