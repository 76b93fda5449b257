import { useQuery } from '@tanstack/react-query';
import { listReleasesOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { useModels } from '../shell/scope.ts';
import { type Choice, SelectField, TextAreaField, TextField } from '../ui/fields.tsx';
import { shortId } from '../ui/format.ts';
import { type Draft, type DraftField, FIELDS_OF } from './payload-draft.ts';

interface Props {
  readonly draft: Draft;
  readonly onChange: (part: Partial<Record<DraftField, string>>) => void;
}

/** Fields as the API names them, so that a problem is shown where it belongs. */
export const PAYLOAD_FIELDS = [
  'change.type', 'change.model', 'change.releaseId', 'change.strategy', 'change.strategy.share', 'change.replace', 'change.experts', 'change.sha256', 'change.card', 'change.settings', 'change.settings.topK', 'change.rules', 'change.reason', 'change.policies',
  'change.limits.approvalHours', 'change.limits.changeDays', 'change.limits.reviewHours', 'change.limits.breakGlassHours', 'change.mode',
] as const;

/** What a change of some type is made of. */
export function PayloadFields({ draft, onChange }: Props) {
  return FIELDS_OF[draft.type].map((field) => <OneField key={field} field={field} draft={draft} onChange={onChange} />);
}

const LIMIT_LABELS = { approvalHours: 'An approval counts for, hours', changeDays: 'A request expires after, days', reviewHours: 'A broken glass is reviewed within, hours (24 to 48)', breakGlassHours: 'Longest time limit of a broken glass, hours' } as const;

function OneField({ field, draft, onChange }: Props & { readonly field: DraftField }) {
  const bound = { value: draft[field], onChange: (event: { readonly target: { readonly value: string } }) => onChange({ [field]: event.target.value }) };
  const code = { spellCheck: false, rows: 12 } as const;
  switch (field) {
    case 'model': return <ModelField {...bound} />;
    case 'releaseId': return <ReleaseField model={draft.model} {...bound} />;
    case 'strategy': return <StrategyFields draft={draft} onChange={onChange} />;
    case 'replace': return <TextAreaField name="change.replace" label="Components and the versions that take their place" rows={4} spellCheck={false} placeholder={`${draft.type === 'change-router' ? 'router/0' : 'expert/1/3'} <sha256>`} hint="One a line: the place, a space, the SHA-256 of the version." {...bound} />;
    case 'experts': return <TextAreaField name="change.experts" label="Experts to retire" rows={3} spellCheck={false} placeholder="expert/1/3" hint="One a line. They stay in the release; no request reaches them." {...bound} />;
    case 'sha256': return <TextField name="change.sha256" label="Component version (SHA-256)" spellCheck={false} {...bound} />;
    case 'card': return <TextAreaField name="change.card" label="The whole card, as JSON" hint="A field left out becomes empty." {...code} {...bound} />;
    case 'topK': return <TextField name="change.settings.topK" label="Experts for each token (top-k)" type="number" min={1} hint="Empty: as it is." {...bound} />;
    case 'normalise': return <SelectField name="normalise" label="Gates add up to 1 over the selected experts" choices={[{ value: '', label: 'as it is' }, { value: 'true', label: 'yes' }, { value: 'false', label: 'no' }]} {...bound} />;
    case 'otherSettings': return <TextAreaField name="change.settings" label="Other routing settings, as JSON" rows={4} spellCheck={false} placeholder={'{"capacity": {"factor": 1.25, "policy": "reroute", "scope": "request"}}'} hint="Gating, capacity, quotas, fallback and so on; what is left out stays, null takes one out. Empty: as they are." {...bound} />;
    case 'rules': return <TextAreaField name="change.rules" label="All rules of the next generation, as JSON" hint="The present ones are filled in. See the page Data rules for what a rule is." {...code} {...bound} />;
    case 'recallReason': return <TextAreaField name="change.reason" label="Why it is withdrawn" rows={2} maxLength={1000} {...bound} />;
    case 'policies': return <TextAreaField name="change.policies" label="Policies in Cedar" {...code} rows={18} {...bound} />;
    case 'mode': return <SelectField name="change.mode" label="Mode" choices={[{ value: 'required', label: 'required: it changes only by approved requests' }, { value: 'open', label: 'open: operators change what serves directly' }]} {...bound} />;
    case 'approvalHours':
    case 'changeDays':
    case 'reviewHours':
    case 'breakGlassHours':
      return <TextField name={`change.limits.${field}`} label={LIMIT_LABELS[field]} type="number" min={1} {...bound} />;
    default: return null;
  }
}

interface Bound {
  readonly value: string;
  readonly onChange: (event: { readonly target: { readonly value: string } }) => void;
}

function ModelField({ value, onChange }: Bound) {
  const models = useModels() ?? [];
  const choices = [...new Set([...models, value])].filter((name) => name !== '').map((name) => ({ value: name, label: name }));
  return <SelectField name="change.model" label="Model" value={value} onChange={onChange} choices={choices} />;
}

/** The newest releases of a model; one that is older is typed. */
function ReleaseField({ model, value, onChange }: Bound & { readonly model: string }) {
  const releases = useQuery({ ...listReleasesOptions({ query: { limit: 100, ...(model !== '' && { model }) } }), enabled: model !== '' }).data?.items ?? [];
  const known: readonly Choice[] = releases.map(({ releaseId, createdAt }) => ({ value: releaseId, label: `${shortId(releaseId)}, made ${new Date(createdAt).toLocaleString()}` }));
  const isKnown = value === '' || known.some((one) => one.value === value);
  return <SelectField name="change.releaseId" label="Release that shall answer" value={value} onChange={onChange} choices={[{ value: '', label: 'Choose a release' }, ...known, ...(isKnown ? [] : [{ value, label: shortId(value) }])]} />;
}

function StrategyFields({ draft, onChange }: Props) {
  return (
    <>
      <SelectField
        name="change.strategy" label="How it comes to answer" value={draft.strategy} onChange={(event) => onChange({ strategy: event.target.value })}
        hint={draft.strategy === 'canary' ? 'A part of the requests first; the request promotes it later.' : draft.strategy === 'rollout' ? 'In steps, with guards that roll it back by themselves.' : 'All requests at once; a rollback is one step.'}
        choices={[{ value: 'at-once', label: 'At once' }, { value: 'canary', label: 'As a canary' }, { value: 'rollout', label: 'By a guarded rollout' }]}
      />
      {draft.strategy === 'canary' && (
        <div className="grid gap-3 sm:grid-cols-2">
          <TextField name="change.strategy.share" label="Share of the requests, per cent" type="number" min={0} max={100} step="any" value={draft.share} onChange={(event) => onChange({ share: event.target.value })} />
          <SelectField name="stickyBy" label="What stays on one side" value={draft.stickyBy} onChange={(event) => onChange({ stickyBy: event.target.value })} choices={[{ value: 'session', label: 'a session' }, { value: 'key', label: 'a key' }, { value: 'request', label: 'a request' }]} />
        </div>
      )}
      {draft.strategy === 'rollout' && <TextAreaField name="plan" label="Plan of the rollout, as JSON" rows={12} spellCheck={false} value={draft.plan} onChange={(event) => onChange({ plan: event.target.value })} hint="Steps and guards; what is left out gets its default. The API reference describes every field." />}
    </>
  );
}
