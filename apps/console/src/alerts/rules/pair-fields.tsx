import { Plus, Trash2 } from 'lucide-react';
import { Button } from '../../ui/button.tsx';
import { TextAreaField, TextField } from '../../ui/fields.tsx';
import { type TextPair } from './rule-draft.ts';

interface PairFieldsProps {
  readonly path: string;
  readonly legend: string;
  readonly hint: string;
  readonly nameLabel: string;
  readonly isLong?: boolean;
  readonly pairs: readonly TextPair[];
  readonly onChange: (pairs: readonly TextPair[]) => void;
}

/** Names with a text each. */
export function PairFields({ path, legend, hint, nameLabel, isLong = false, pairs, onChange }: PairFieldsProps) {
  const change = (at: number, parts: Partial<TextPair>): void => onChange(pairs.map((pair, index) => (index === at ? { ...pair, ...parts } : pair)));
  const Text = isLong ? TextAreaField : TextField;
  return (
    <fieldset className="flex min-w-0 flex-col gap-2">
      <legend className="text-xs font-medium text-ink-soft">{legend}</legend>
      <p className="text-xs text-ink-soft">{hint}</p>
      {pairs.map(({ name, text }, at) => (
        <div key={at} className="flex flex-wrap items-start gap-2">
          <TextField name={`${path}-${at}-name`} label={`${nameLabel} ${at + 1}`} isLabelHidden className="w-32" placeholder="name" value={name} onChange={(event) => change(at, { name: event.target.value })} />
          <Text name={`${path}-${at}-text`} label={`${nameLabel} ${at + 1}, text`} isLabelHidden className="min-w-48 flex-1" placeholder="text" value={text} onChange={(event: { readonly target: { readonly value: string } }) => change(at, { text: event.target.value })} />
          <Button size="small" variant="quiet" className="mt-0.5" aria-label={`Remove ${nameLabel} ${at + 1}`} icon={<Trash2 size={13} aria-hidden />} onClick={() => onChange(pairs.filter((_, index) => index !== at))} />
        </div>
      ))}
      <div>
        <Button size="small" icon={<Plus size={13} aria-hidden />} onClick={() => onChange([...pairs, { name: '', text: '' }])}>
          Add
        </Button>
      </div>
    </fieldset>
  );
}
