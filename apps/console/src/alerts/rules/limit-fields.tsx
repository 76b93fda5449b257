import { Plus, Trash2 } from 'lucide-react';
import { Button } from '../../ui/button.tsx';
import { SelectField, TextField } from '../../ui/fields.tsx';
import { type SignalFacts } from '../parts/signals.ts';
import { type LimitDraft } from './rule-draft.ts';

const MAX_LIMITS = 6;
const SEVERITIES = ['info', 'warning', 'critical'].map((value) => ({ value, label: value }));
const SIDES = ['above', 'below'].map((value) => ({ value, label: value }));
const BY = [{ value: 'value', label: 'by its value' }, { value: 'interval', label: 'by its interval' }];

export function limitFieldNames(count: number): readonly string[] {
  return ['limits', ...Array.from({ length: count }, (_, at) => ['severity', 'is', 'limit', 'by'].map((name) => `limits.${at}.${name}`)).flat()];
}

/** Limits of a rule, in the unit of its signal. */
export function LimitFields({ limits, facts, onChange }: { readonly limits: readonly LimitDraft[]; readonly facts: SignalFacts | undefined; readonly onChange: (limits: readonly LimitDraft[]) => void }) {
  const change = (at: number, parts: Partial<LimitDraft>): void => onChange(limits.map((limit, index) => (index === at ? { ...limit, ...parts } : limit)));
  const unit = facts?.unit === undefined || facts.unit === '' ? 'plain ratio' : facts.unit;
  return (
    <fieldset className="flex min-w-0 flex-col gap-2">
      <legend className="sr-only">Limits</legend>
      {limits.map(({ severity, is, limit, by }, at) => (
        <div key={at} className="flex flex-wrap items-end gap-2">
          <SelectField name={`limits.${at}.severity`} label={`Severity ${at + 1}`} className="w-26" choices={SEVERITIES} value={severity} onChange={(event) => change(at, { severity: event.target.value as LimitDraft['severity'] })} />
          <SelectField name={`limits.${at}.is`} label="Fires" className="w-22" choices={SIDES} value={is} onChange={(event) => change(at, { is: event.target.value as LimitDraft['is'] })} />
          <TextField name={`limits.${at}.limit`} label={`Limit ${at + 1} (${unit})`} className="w-28" inputMode="decimal" required value={limit} onChange={(event) => change(at, { limit: event.target.value })} />
          <SelectField name={`limits.${at}.by`} label="Judged" className="w-36" choices={BY} value={by} onChange={(event) => change(at, { by: event.target.value as LimitDraft['by'] })} />
          {limits.length > 1 && <Button size="small" variant="quiet" className="mb-1" aria-label={`Remove limit ${at + 1}`} icon={<Trash2 size={13} aria-hidden />} onClick={() => onChange(limits.filter((_, index) => index !== at))} />}
        </div>
      ))}
      {limits.length < MAX_LIMITS && (
        <div>
          <Button size="small" icon={<Plus size={13} aria-hidden />} onClick={() => onChange([...limits, { severity: 'critical', is: limits[0]?.is ?? facts?.worse ?? 'above', limit: '', by: limits[0]?.by ?? 'value' }])}>
            Add a limit
          </Button>
        </div>
      )}
    </fieldset>
  );
}
