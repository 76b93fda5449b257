import { type ReactNode } from 'react';
import { TextField } from '../../ui/fields.tsx';
import { durationMs } from './duration-text.ts';

/** A duration as people write it, such as 5 min. */
export function DurationField({ name, label, hint, value, onChange }: { readonly name: string; readonly label: string; readonly hint?: ReactNode; readonly value: string; readonly onChange: (text: string) => void }) {
  const isWrong = durationMs(value) === null;
  return <TextField name={name} label={label} hint={isWrong ? 'Write a number and ms, s, min, h or d, such as 5 min.' : hint} value={value} aria-invalid={isWrong} onChange={(event) => onChange(event.target.value)} />;
}
