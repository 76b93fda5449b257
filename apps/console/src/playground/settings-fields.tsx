import { useMe } from '../session/session.ts';
import { TextField } from '../ui/fields.tsx';
import { LABELS, RULE_LABELS } from './settings.ts';

export interface SettingsFieldsProps {
  readonly defaults: { readonly maxTokens: number; readonly temperature: number; readonly seed: number | null };
}

/** How the model samples, and which labels the request carries. */
export function SettingsFields({ defaults }: SettingsFieldsProps) {
  const tenant = useMe()?.tenant ?? null;
  return (
    <>
      <fieldset className="grid grid-cols-3 gap-3">
        <legend className="sr-only">Sampling</legend>
        <TextField name="max_tokens" label="Max tokens" type="number" min={1} step={1} defaultValue={defaults.maxTokens} required />
        <TextField name="temperature" label="Temperature" type="number" min={0} max={2} step="any" defaultValue={defaults.temperature} required />
        <TextField name="seed" label="Seed" type="number" step={1} defaultValue={defaults.seed ?? undefined} placeholder="random" />
      </fieldset>
      <fieldset className="grid grid-cols-3 gap-3">
        <legend className="sr-only">Labels of the request</legend>
        {LABELS.map(({ name, label }) => (
          <TextField key={name} name={`metadata.${name}`} label={label} maxLength={64} autoComplete="off" placeholder={name === 'tenant' ? (tenant ?? 'none') : 'none'} disabled={name === 'tenant' && tenant !== null} />
        ))}
      </fieldset>
      <details className="text-sm">
        <summary className="cursor-pointer text-xs font-medium text-ink-soft">Labels that data rules look at</summary>
        <fieldset className="mt-2 grid grid-cols-3 gap-3">
          <legend className="sr-only">Labels that data rules look at</legend>
          {RULE_LABELS.map(({ name, label }) => (
            <TextField key={name} name={`metadata.${name}`} label={label} maxLength={64} autoComplete="off" placeholder="none" />
          ))}
        </fieldset>
      </details>
    </>
  );
}
