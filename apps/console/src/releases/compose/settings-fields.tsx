import { type ReleaseManifest } from '../../api/gen/types.gen.ts';
import { Card } from '../../ui/card.tsx';
import { SelectField, TextAreaField, TextField } from '../../ui/fields.tsx';
import { settingText } from '../change-words.ts';
import { type ComposeDraft, GATINGS } from './compose-draft.ts';
import { routingOf } from './manifest-parts.ts';

/** Routing settings to change; what is left empty stays. */
export function SettingsFields({ draft, base, onChange }: { readonly draft: ComposeDraft; readonly base: ReleaseManifest | undefined; readonly onChange: (part: Partial<ComposeDraft>) => void }) {
  const routing = base === undefined ? {} : routingOf(base);
  const now = (name: string): string | undefined => (base === undefined ? undefined : `In the base: ${settingText(routing[name])}.`);
  return (
    <Card title="Routing settings" lead="What is left empty stays. They are part of the release: changing one makes another release.">
      <div className="grid gap-3 lg:grid-cols-3">
        <SelectField name="routing.gating" label="Gating rule" value={draft.gating} choices={[{ value: '', label: 'as it is' }, ...GATINGS.map((value) => ({ value, label: value }))]} hint={now('gating')} onChange={(event) => onChange({ gating: event.target.value })} />
        <TextField name="routing.topK" label="Experts for each token (top-k)" type="number" min={1} max={1024} value={draft.topK} placeholder="as it is" hint={now('topK')} onChange={(event) => onChange({ topK: event.target.value })} />
        <SelectField name="routing.normalise" label="Gates add up to 1 over the selected experts" value={draft.normalise} choices={[{ value: '', label: 'as it is' }, { value: 'true', label: 'yes' }, { value: 'false', label: 'no' }]} hint={now('normalise')} onChange={(event) => onChange({ normalise: event.target.value })} />
        <TextAreaField
          name="routing"
          label="Other routing settings, as JSON"
          className="lg:col-span-3"
          rows={3}
          maxLength={4000}
          spellCheck={false}
          value={draft.settings}
          placeholder={'{"capacity": {"factor": 1.25, "policy": "reroute", "scope": "request"}}'}
          hint="Capacity, quotas, fallback, shared experts and so on, as docs/routing.md names them; null takes one out."
          onChange={(event) => onChange({ settings: event.target.value })}
        />
      </div>
    </Card>
  );
}
