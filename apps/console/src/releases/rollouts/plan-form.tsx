import { Plus, Trash2 } from 'lucide-react';
import { type Release } from '../../api/gen/types.gen.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { CheckboxField, SelectField, TextField } from '../../ui/fields.tsx';
import { shortId } from '../../ui/format.ts';
import { ProblemForm } from '../../ui/problem-form.tsx';
import { RouteSliceFields } from '../route-slice-fields.tsx';
import { GUARD_CHOICES, newStep, type PlanDraft, type StepDraft } from './plan-draft.ts';

const STEP_FIELDS = [
  ['sharePercent', 'share', 'Share, %', 'of the requests in scope; 0: shadow only'],
  ['bakeMinutes', 'bakeMs', 'At least, min', 'the step lasts this long'],
  ['minRequests', 'minRequests', 'Requests', 'that the candidate must answer'],
  ['minTokens', 'minTokensPerChangedExpert', 'Tokens', 'that each changed expert must take'],
  ['maxMinutes', 'maxMs', 'At most, min', 'without enough evidence by then it pauses'],
] as const;
const MAX_STEPS = 20;

export interface PlanFormProps {
  readonly draft: PlanDraft;
  readonly onChange: (draft: PlanDraft) => void;
  readonly releases: readonly Release[];
  readonly error: unknown;
  readonly lacksShadow: boolean;
  readonly onSubmit: () => void;
}

/** The plan of a rollout. Names of fields are those of the API, so that what it refuses is shown beside the field. */
export function PlanForm({ draft, onChange, releases, error, lacksShadow, onSubmit }: PlanFormProps) {
  const set = (parts: Partial<PlanDraft>): void => onChange({ ...draft, ...parts });
  const setStep = (at: number, parts: Partial<StepDraft>): void => set({ steps: draft.steps.map((step, index) => (index === at ? { ...step, ...parts } : step)) });
  const chosen = GUARD_CHOICES.filter(({ id }) => draft.margins[id] !== undefined);
  const names = ['plan.candidate', ...draft.steps.flatMap((_, at) => STEP_FIELDS.map(([, name]) => `plan.steps.${at}.${name}`)), ...chosen.map((_, at) => `plan.guards.${at}.margin`), 'plan.shadowShare', 'plan.falseRollbackRate', 'plan.scope.routeSlice.experts', 'plan.scope.routeSlice.minShare'];
  return (
    <ProblemForm error={error} fields={names} label="Plan of the rollout" className="flex flex-col gap-4" onSubmit={onSubmit}>
      <Card title="What is rolled out">
        <SelectField
          name="plan.candidate"
          label="Candidate"
          required
          value={draft.candidate}
          onChange={(event) => set({ candidate: event.target.value })}
          choices={[{ value: '', label: 'Choose a release' }, ...releases.map(({ releaseId, summary }) => ({ value: releaseId, label: `${shortId(releaseId)} · ${summary === '' ? 'first release' : summary}` }))]}
          hint="The release that is to answer all requests in the end."
        />
      </Card>
      <Card title="Steps" lead="At each step a part of the requests goes to the candidate. After the last one it is promoted. Shares never fall.">
        <ol className="flex flex-col gap-3">
          {draft.steps.map((step, at) => (
            <li key={at}>
              <fieldset className="grid items-start gap-3 rounded-md border border-line p-3 sm:grid-cols-3 lg:grid-cols-[repeat(5,1fr)_auto]">
                <legend className="px-1 text-xs font-semibold">Step {at + 1}</legend>
                {STEP_FIELDS.map(([key, name, label, hint]) => (
                  <TextField key={key} name={`plan.steps.${at}.${name}`} label={label} hint={hint} inputMode="decimal" required value={step[key]} onChange={(event) => setStep(at, { [key]: event.target.value })} />
                ))}
                <Button variant="quiet" size="small" className="mt-5" aria-label={`Remove step ${at + 1}`} disabled={draft.steps.length === 1} icon={<Trash2 size={14} aria-hidden />} onClick={() => set({ steps: draft.steps.filter((_, index) => index !== at) })} />
              </fieldset>
            </li>
          ))}
        </ol>
        <Button size="small" className="mt-3" disabled={draft.steps.length >= MAX_STEPS} icon={<Plus size={14} aria-hidden />} onClick={() => set({ steps: [...draft.steps, { ...(draft.steps.at(-1) ?? newStep('5')) }] })}>
          Add a step
        </Button>
      </Card>
      <Card title="Guards" lead="A guard rolls the candidate back when it is shown to be worse by more than its margin. The margins suit an expert release; a router release is meant to move routing: give those guards more, or leave them out.">
        <ul className="grid gap-3 lg:grid-cols-2">
          {GUARD_CHOICES.map(({ id, label, margin, unit, needsShadow }) => {
            const value = draft.margins[id];
            const at = chosen.findIndex((one) => one.id === id);
            const toggle = (isOn: boolean): void => set({ margins: isOn ? { ...draft.margins, [id]: String(margin) } : Object.fromEntries(Object.entries(draft.margins).filter(([name]) => name !== id)) });
            return (
              <li key={id} className="flex flex-wrap items-start justify-between gap-3 rounded-md border border-line p-3">
                <CheckboxField name={`guard ${id}`} label={label} checked={value !== undefined} onChange={(event) => toggle(event.target.checked)} hint={`Margin in ${unit}${needsShadow ? '; needs a shadow' : ''}`} className="max-w-64" />
                {value !== undefined && <TextField name={`plan.guards.${at}.margin`} label={`Margin of ${label}`} isLabelHidden inputMode="decimal" className="w-28" value={value} onChange={(event) => set({ margins: { ...draft.margins, [id]: event.target.value } })} />}
              </li>
            );
          })}
        </ul>
        {lacksShadow && <p className="mt-2 text-xs font-medium text-warn">A guard compares requests that ran on both releases: give the shadow a share above 0.</p>}
      </Card>
      <Card title="Further">
        <div className="grid gap-3 sm:grid-cols-2 lg:grid-cols-3">
          <TextField name="plan.shadowShare" label="Shadow, % of the answers" inputMode="decimal" value={draft.shadowPercent} onChange={(event) => set({ shadowPercent: event.target.value })} hint="Answers that also run on the candidate, unseen, and are compared." />
          <TextField name="plan.falseRollbackRate" label="False rollback rate, %" inputMode="decimal" value={draft.falseRollbackPercent} onChange={(event) => set({ falseRollbackPercent: event.target.value })} hint="Chance over the whole rollout that a candidate within all margins is rolled back." />
          <TextField name="watch" label="Watch after the promotion, min" inputMode="decimal" value={draft.watchMinutes} onChange={(event) => set({ watchMinutes: event.target.value })} hint="Empty: none. A guard that fails in this time still rolls back." />
          <SelectField
            name="plan.stickyBy"
            label="What stays on one side"
            value={draft.stickyBy}
            onChange={(event) => set({ stickyBy: event.target.value as PlanDraft['stickyBy'] })}
            choices={[{ value: 'session', label: 'All requests of a session' }, { value: 'key', label: 'All requests of an account' }, { value: 'request', label: 'Nothing: each request is drawn for itself' }]}
            hint="By account, few callers make the two sides hard to compare."
          />
          <SelectField
            name="plan.onNoData"
            label="A step without any data"
            value={draft.onNoData}
            onChange={(event) => set({ onNoData: event.target.value as PlanDraft['onNoData'] })}
            choices={[{ value: 'pause', label: 'pauses the rollout' }, { value: 'fail', label: 'rolls it back' }]}
          />
        </div>
        <fieldset className="mt-3 grid gap-3 sm:grid-cols-3">
          <legend className="mb-1 text-xs font-medium text-ink-soft">Only requests with these labels; empty: any</legend>
          {(['tenant', 'task', 'language'] as const).map((name) => (
            <TextField key={name} name={`plan.scope.segment.${name}`} label={name} maxLength={256} value={draft.segment[name]} onChange={(event) => set({ segment: { ...draft.segment, [name]: event.target.value } })} />
          ))}
        </fieldset>
        <div className="mt-3">
          <RouteSliceFields path="plan.scope.routeSlice" draft={draft.slice} onChange={(slice) => set({ slice })} hint="With it only guards that compare the same requests are allowed: those that need a shadow." />
        </div>
      </Card>
      <div className="flex justify-end">
        <Button type="submit" variant="primary" disabled={draft.candidate === '' || chosen.length === 0}>
          Start the rollout…
        </Button>
      </div>
    </ProblemForm>
  );
}
