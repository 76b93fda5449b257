import { ArrowDown, ArrowUp, Plus, Trash2 } from 'lucide-react';
import { type ReactNode, useMemo, useState } from 'react';
import { type NotificationPolicyRequest, type Receiver } from '../../api/gen/types.gen.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { CheckboxField, TextField } from '../../ui/fields.tsx';
import { ProblemForm } from '../../ui/problem-form.tsx';
import { DurationField } from '../parts/duration-field.tsx';
import { READING_LABELS } from '../parts/labels.ts';
import { MatcherFields, matcherFieldNames } from '../parts/matcher-fields.tsx';
import { moved, type PolicyDraft, policyOfDraft, type TimingDraft } from './policy-draft.ts';
import { ReceiverChoice } from './receiver-choice.tsx';

interface PolicyEditorProps {
  readonly initial: PolicyDraft;
  readonly receivers: readonly Receiver[];
  readonly error: unknown;
  readonly isSaving: boolean;
  readonly onCancel: () => void;
  readonly onSave: (policy: NotificationPolicyRequest) => void;
}

const LABELS = ['severity', 'signal', 'rule', ...READING_LABELS];
const GROUP_HINT = 'Labels, with commas between: alerts that agree in them share a notification.';

/** The whole policy to edit, in the order in which it is read. */
export function PolicyEditor({ initial, receivers, error, isSaving, onCancel, onSave }: PolicyEditorProps) {
  const [draft, setDraft] = useState(initial);
  const policy = useMemo(() => policyOfDraft(draft), [draft]);
  const change = (parts: Partial<PolicyDraft>): void => setDraft({ ...draft, ...parts });
  const { routes, escalations, inhibitions } = draft;
  const setRoute = (at: number, parts: Partial<PolicyDraft['routes'][number]>): void => change({ routes: routes.map((one, index) => (index === at ? { ...one, ...parts } : one)) });
  const setEscalation = (at: number, parts: Partial<PolicyDraft['escalations'][number]>): void => change({ escalations: escalations.map((one, index) => (index === at ? { ...one, ...parts } : one)) });
  const setInhibition = (at: number, parts: Partial<PolicyDraft['inhibitions'][number]>): void => change({ inhibitions: inhibitions.map((one, index) => (index === at ? { ...one, ...parts } : one)) });
  const fields = [
    'groupBy', 'watchdogRepeatMs',
    ...routes.flatMap((one, at) => [`routes.${at}.name`, ...matcherFieldNames(`routes.${at}.matchers`, one.matchers.length)]),
    ...escalations.flatMap((one, at) => [`escalations.${at}.name`, `escalations.${at}.afterMs`, ...matcherFieldNames(`escalations.${at}.matchers`, one.matchers.length)]),
    ...inhibitions.flatMap((one, at) => [...matcherFieldNames(`inhibitions.${at}.source`, one.source.length), ...matcherFieldNames(`inhibitions.${at}.target`, one.target.length)]),
  ];
  return (
    <ProblemForm error={error} fields={fields} label="Who is told" className="flex flex-col gap-4" onSubmit={() => policy !== null && onSave(policy)}>
      <Card title="Routes" lead="Looked at in order; the first that matches takes an alert.">
        <div className="flex flex-col gap-4">
          {routes.map((route, at) => (
            <Part key={at} title={`Route ${at + 1}`} onRemove={() => change({ routes: routes.filter((_, index) => index !== at) })} onMove={(by) => change({ routes: moved(routes, at, by) })} isFirst={at === 0} isLast={at === routes.length - 1}>
              <TextField name={`routes.${at}.name`} label="Name" required maxLength={60} hint="With another name its groups begin anew." value={route.name} onChange={(event) => setRoute(at, { name: event.target.value })} />
              <MatcherFields path={`routes.${at}.matchers`} legend="Which alerts" hint="All of these must hold. None: all alerts." drafts={route.matchers} labels={LABELS} onChange={(matchers) => setRoute(at, { matchers })} />
              <ReceiverChoice legend={`Who route ${at + 1} tells`} receivers={receivers} chosen={route.receivers} onChange={(ids) => setRoute(at, { receivers: ids })} />
              <CheckboxField name={`routes.${at}.continues`} label="Look at later routes too" checked={route.continues} onChange={(event) => setRoute(at, { continues: event.target.checked })} />
              <CheckboxField name={`own-group-${at}`} label="Groups of its own" checked={route.groupBy !== null} onChange={(event) => setRoute(at, { groupBy: event.target.checked ? draft.groupBy : null })} />
              {route.groupBy !== null && <TextField name={`routes.${at}.groupBy`} label="Group by" hint={GROUP_HINT} value={route.groupBy} onChange={(event) => setRoute(at, { groupBy: event.target.value })} />}
              <CheckboxField name={`own-timing-${at}`} label="Times of its own" checked={route.timing !== null} onChange={(event) => setRoute(at, { timing: event.target.checked ? draft.timing : null })} />
              {route.timing !== null && <TimingFields path={`routes.${at}.timing`} timing={route.timing} onChange={(timing) => setRoute(at, { timing })} />}
            </Part>
          ))}
          <Add label="Add a route" onClick={() => change({ routes: [...routes, { name: '', matchers: [], receivers: [], groupBy: null, timing: null, continues: false }] })} />
        </div>
      </Card>
      <Card title="What no route takes">
        <div className="flex flex-col gap-3">
          <ReceiverChoice legend="Who is told" receivers={receivers} chosen={draft.receivers} onChange={(ids) => change({ receivers: ids })} />
          <TextField name="groupBy" label="Group by" hint={GROUP_HINT} value={draft.groupBy} onChange={(event) => change({ groupBy: event.target.value })} />
          <TimingFields path="timing" timing={draft.timing} onChange={(timing) => change({ timing })} />
          <DurationField name="watchdogRepeatMs" label="The Watchdog is told of every" value={draft.watchdogRepeat} onChange={(watchdogRepeat) => change({ watchdogRepeat })} />
        </div>
      </Card>
      <Card title="Escalations" lead="Tell further receivers when an alert has fired for so long and nobody has acknowledged it.">
        <div className="flex flex-col gap-4">
          {escalations.map((one, at) => (
            <Part key={at} title={`Escalation ${at + 1}`} onRemove={() => change({ escalations: escalations.filter((_, index) => index !== at) })}>
              <TextField name={`escalations.${at}.name`} label="Name" required maxLength={60} value={one.name} onChange={(event) => setEscalation(at, { name: event.target.value })} />
              <MatcherFields path={`escalations.${at}.matchers`} legend="Which alerts" hint="All of these must hold. None: all alerts." drafts={one.matchers} labels={LABELS} onChange={(matchers) => setEscalation(at, { matchers })} />
              <DurationField name={`escalations.${at}.afterMs`} label="After" value={one.after} onChange={(after) => setEscalation(at, { after })} />
              <ReceiverChoice legend={`Who escalation ${at + 1} tells`} receivers={receivers} chosen={one.receivers} onChange={(ids) => setEscalation(at, { receivers: ids })} />
            </Part>
          ))}
          <Add label="Add an escalation" onClick={() => change({ escalations: [...escalations, { name: '', matchers: [], after: '15 min', receivers: [] }] })} />
        </div>
      </Card>
      <Card title="Inhibitions" lead="While a source fires, targets that agree with it in some labels are not told of.">
        <div className="flex flex-col gap-4">
          {inhibitions.map((one, at) => (
            <Part key={at} title={`Inhibition ${at + 1}`} onRemove={() => change({ inhibitions: inhibitions.filter((_, index) => index !== at) })}>
              <MatcherFields path={`inhibitions.${at}.source`} legend="While this fires" hint="All of these must hold." drafts={one.source} labels={LABELS} onChange={(source) => setInhibition(at, { source })} />
              <MatcherFields path={`inhibitions.${at}.target`} legend="this is not told of" hint="All of these must hold." drafts={one.target} labels={LABELS} onChange={(target) => setInhibition(at, { target })} />
              <TextField name={`inhibitions.${at}.equal`} label="where they agree in" hint="Labels, with commas between." value={one.equal} onChange={(event) => setInhibition(at, { equal: event.target.value })} />
            </Part>
          ))}
          <Add label="Add an inhibition" onClick={() => change({ inhibitions: [...inhibitions, { source: [], target: [], equal: 'model' }] })} />
        </div>
      </Card>
      <div className="flex items-center gap-3">
        <Button type="submit" variant="primary" disabled={isSaving || policy === null}>
          {isSaving ? 'Saving…' : 'Save who is told'}
        </Button>
        <Button onClick={onCancel}>Cancel</Button>
        {policy === null && <span className="text-xs text-ink-soft">A duration cannot be read.</span>}
      </div>
    </ProblemForm>
  );
}

function TimingFields({ path, timing, onChange }: { readonly path: string; readonly timing: TimingDraft; readonly onChange: (timing: TimingDraft) => void }) {
  return (
    <div className="grid gap-3 sm:grid-cols-3">
      <DurationField name={`${path}.groupWaitMs`} label="A new group waits" hint="For others to join." value={timing.wait} onChange={(wait) => onChange({ ...timing, wait })} />
      <DurationField name={`${path}.groupIntervalMs`} label="News at most every" value={timing.interval} onChange={(interval) => onChange({ ...timing, interval })} />
      <DurationField name={`${path}.repeatIntervalMs`} label="Repeated after" hint="Without news." value={timing.repeat} onChange={(repeat) => onChange({ ...timing, repeat })} />
    </div>
  );
}

interface PartProps {
  readonly title: string;
  readonly onRemove: () => void;
  readonly onMove?: (by: -1 | 1) => void;
  readonly isFirst?: boolean;
  readonly isLast?: boolean;
  readonly children: ReactNode;
}

function Part({ title, onRemove, onMove, isFirst = false, isLast = false, children }: PartProps) {
  return (
    <fieldset className="flex min-w-0 flex-col gap-3 rounded-md border border-line p-3">
      <legend className="px-1 text-sm font-medium">{title}</legend>
      {children}
      <div className="flex gap-2">
        {onMove !== undefined && (
          <>
            <Button size="small" aria-label={`Move ${title} up`} disabled={isFirst} icon={<ArrowUp size={13} aria-hidden />} onClick={() => onMove(-1)} />
            <Button size="small" aria-label={`Move ${title} down`} disabled={isLast} icon={<ArrowDown size={13} aria-hidden />} onClick={() => onMove(1)} />
          </>
        )}
        <Button size="small" variant="quiet" icon={<Trash2 size={13} aria-hidden />} onClick={onRemove}>
          Remove {title.toLowerCase()}
        </Button>
      </div>
    </fieldset>
  );
}

function Add({ label, onClick }: { readonly label: string; readonly onClick: () => void }) {
  return (
    <div>
      <Button size="small" icon={<Plus size={13} aria-hidden />} onClick={onClick}>
        {label}
      </Button>
    </div>
  );
}
