import { useMemo, useState } from 'react';
import { type AlertRuleEdit } from '../../api/gen/types.gen.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { CheckboxField, SelectField, TextField } from '../../ui/fields.tsx';
import { ProblemForm } from '../../ui/problem-form.tsx';
import { DurationField } from '../parts/duration-field.tsx';
import { MatcherFields, matcherFieldNames } from '../parts/matcher-fields.tsx';
import { type SignalName, useSignals } from '../parts/signals.ts';
import { LimitFields, limitFieldNames } from './limit-fields.tsx';
import { PairFields } from './pair-fields.tsx';
import { type RuleDraft, ruleOfDraft } from './rule-draft.ts';
import { RulePreview } from './rule-preview.tsx';

interface RuleEditorProps {
  readonly initial: RuleDraft;
  readonly mayEdit: boolean;
  readonly saveLabel: string;
  readonly error: unknown;
  readonly isSaving: boolean;
  readonly onSave: (rule: AlertRuleEdit) => void;
}

/** All fields of a rule, with what it would have done beside them. */
export function RuleEditor({ initial, mayEdit, saveLabel, error, isSaving, onSave }: RuleEditorProps) {
  const [draft, setDraft] = useState(initial);
  const signals = useSignals() ?? [];
  const facts = signals.find(({ signal }) => signal === draft.signal);
  const rule = useMemo(() => ruleOfDraft(draft), [draft]);
  const change = (parts: Partial<RuleDraft>): void => setDraft({ ...draft, ...parts });
  const fields = ['name', 'signal', 'enabled', 'labels', 'annotations', 'actions', 'timing.forMs', 'timing.keepFiringForMs', 'timing.noDataAfterMs', ...limitFieldNames(draft.limits.length), ...matcherFieldNames('matchers', draft.matchers.length)];
  return (
    <div className="grid items-start gap-4 xl:grid-cols-2">
      <ProblemForm error={error} fields={fields} label="Rule" className="flex min-w-0 flex-col gap-4" onSubmit={() => rule !== null && onSave(rule)}>
        <Card title="What it is about">
          <div className="flex flex-col gap-3">
            <TextField name="name" label="Name" required maxLength={100} value={draft.name} onChange={(event) => change({ name: event.target.value })} />
            <SelectField name="signal" label="Signal" choices={signals.map(({ signal }) => ({ value: signal, label: signal }))} value={draft.signal} hint={facts === undefined ? undefined : `${facts.meaning}. ${facts.definition}${facts.needsBaseline ? ' It needs a baseline.' : ''}`} onChange={(event) => change({ signal: event.target.value as SignalName })} />
            <MatcherFields path="matchers" legend="Which readings" hint="All of these must hold. None: all readings of the signal." drafts={draft.matchers} onChange={(matchers) => change({ matchers })} labels={facts?.labels ?? []} />
          </div>
        </Card>
        <Card title="When it fires" lead={facts?.hasTest === true ? 'The test of the signal must find a change, and the change must be larger than a limit.' : 'Of the limits that are crossed the highest severity counts.'}>
          <LimitFields limits={draft.limits} facts={facts} onChange={(limits) => change({ limits })} />
          <div className="mt-4 grid gap-3 sm:grid-cols-3">
            <DurationField name="timing.forMs" label="Must hold for" hint="Before it fires; 0 s: at once." value={draft.forText} onChange={(forText) => change({ forText })} />
            <DurationField name="timing.keepFiringForMs" label="Goes on firing for" hint="After the condition was last seen." value={draft.keepFiringText} onChange={(keepFiringText) => change({ keepFiringText })} />
            <DurationField name="timing.noDataAfterMs" label="No data after" hint="Without a reading for so long it fires as no data." value={draft.noDataText} onChange={(noDataText) => change({ noDataText })} />
          </div>
        </Card>
        <Card title="What goes with it">
          <div className="flex flex-col gap-4">
            <PairFields path="labels" legend="Labels" hint="Added to those of the reading: for silences and for who is told." nameLabel="Label" pairs={draft.labels} onChange={(labels) => change({ labels })} />
            <PairFields path="annotations" legend="Text for people" hint="Sent along: summary, description, runbook." nameLabel="Kind of text" isLong pairs={draft.annotations} onChange={(annotations) => change({ annotations })} />
          </div>
        </Card>
        <Card title="What it may do by itself" lead="Once in each episode, by the account system, written into the audit log.">
          <div className="flex flex-col gap-3">
            {ACTIONS.map(({ kind, label, hint }) => (
              <CheckboxField key={kind} name={`action-${kind}`} label={label} hint={hint} checked={draft.actions.includes(kind)} onChange={(event) => change({ actions: event.target.checked ? [...draft.actions, kind] : draft.actions.filter((one) => one !== kind) })} />
            ))}
          </div>
        </Card>
        <Card>
          <CheckboxField name="enabled" label="Evaluate this rule" hint="Switched off, its alerts resolve." checked={draft.enabled} onChange={(event) => change({ enabled: event.target.checked })} />
          {mayEdit && (
            <div className="mt-4 flex items-center gap-3">
              <Button type="submit" variant="primary" disabled={isSaving || rule === null || draft.name.trim() === ''}>
                {isSaving ? 'Saving…' : saveLabel}
              </Button>
              {rule === null && <span className="text-xs text-ink-soft">A limit or a duration is missing or cannot be read.</span>}
            </div>
          )}
          {!mayEdit && <p className="mt-3 text-sm text-ink-soft">Changing rules needs the permission to operate. The preview works all the same.</p>}
        </Card>
      </ProblemForm>
      <div className="min-w-0 xl:sticky xl:top-16">
        <RulePreview rule={rule} matchers={draft.matchers} />
      </div>
    </div>
  );
}

const ACTIONS = [
  { kind: 'abort-canary', label: 'Abort the canary', hint: 'Where the alert is about a canary: it, or the rollout that it belongs to, is aborted. All requests go to the stable release.' },
  { kind: 'open-rollback-request', label: 'Open a request to roll back', hint: 'Where the alert is about the stable release: a change request to go back to the one before. People decide over it.' },
] as const;
