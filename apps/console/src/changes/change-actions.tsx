import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { applyChange, approveChange, breakGlass, promoteChange, rejectChange, reviewChange, scheduleChange, submitChange, unscheduleChange, withdrawChange } from '../api/gen/sdk.gen.ts';
import { type Change, type ChangeStanding } from '../api/gen/types.gen.ts';
import { refresh } from '../api/query-client.ts';
import { Button, ButtonLink } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { SelectField, TextField } from '../ui/fields.tsx';
import { shortId } from '../ui/format.ts';
import { Time, VIEWER_ZONE } from '../ui/time.tsx';
import { tellDone } from '../ui/toasts.tsx';
import { strategyKind } from './change-sentence.ts';
import { InWords } from '../ui/in-words.tsx';
import { type Act, ACTS, actsShown } from './change-words.ts';
import { instantOf, localInput } from './month-grid.ts';

const HOUR_MS = 3_600_000;
/** Typed before the glass is broken, so that nobody does it by a slip. */
const BREAK_WORDS = 'break the glass';

/** What the form of an act gives besides a reason. */
interface Given {
  readonly at: string;
  readonly until: string;
  readonly hours: string;
  readonly verdict: 'confirmed' | 'to-revert';
}

interface Asked {
  readonly act: Act;
  /** As it was when the window opened: what is decided over is what was read. */
  readonly change: Change;
}

/** What the viewer may do with a request now, each behind a question; and why not, in words. */
export function ChangeActions({ change, standing }: { readonly change: Change; readonly standing: ChangeStanding }) {
  const [asked, setAsked] = useState<Asked | null>(null);
  const owes = change.breakGlass !== null && change.breakGlass.review?.verdict !== 'confirmed';
  const shown = actsShown(change.state, owes, strategyKind(change.change));
  const judged = shown.flatMap((act) => standing.acts.filter((one) => one.act === act));
  const may = judged.filter(({ allowed }) => allowed);
  const mayNot = judged.filter(({ allowed }) => !allowed);
  return (
    <Card title="What you can do" lead={shown.length === 0 ? `The request is ${change.state}; nothing is left to decide.` : may.length === 0 ? 'Nothing now; below is why.' : undefined}>
      <div className="flex flex-col gap-3">
        {may.length > 0 && (
          <div className="flex flex-wrap gap-2">
            {may.map(({ act }) =>
              act === 'edit' ? (
                <ButtonLink key={act} to="/changes/$changeId/edit" params={{ changeId: change.id }}>
                  {ACTS[act]}
                </ButtonLink>
              ) : (
                <Button key={act} variant={act === 'break-glass' || act === 'reject' || act === 'withdraw' ? 'danger' : act === standing.waitsForYou ? 'primary' : 'plain'} onClick={() => setAsked({ act, change })}>
                  {ACTS[act]}
                </Button>
              ),
            )}
          </div>
        )}
        {mayNot.length > 0 && (
          <dl aria-label="What you cannot do now" className="flex flex-col gap-2 text-sm">
            {mayNot.map(({ act, blockers }) => (
              <div key={act}>
                <dt className="font-medium">Why you cannot {ACTS[act].toLowerCase()}</dt>
                <dd className="text-xs text-ink-soft wrap-anywhere">
                  <InWords text={blockers.map(({ detail }) => detail).join(' ')} />
                </dd>
              </div>
            ))}
          </dl>
        )}
      </div>
      {asked !== null && <Ask asked={asked} onClose={() => setAsked(null)} />}
    </Card>
  );
}

function Ask({ asked: { act, change }, onClose }: { readonly asked: Asked; readonly onClose: () => void }) {
  const [given, setGiven] = useState<Given>(() => startWith(Date.now()));
  const { title, consequences, confirmLabel, isDangerous, reason, done } = QUESTIONS[act as Asking](change, given);
  const run = useMutation({
    mutationFn: (text: string | undefined) => send(act as Asking, change, given, text),
    onSuccess: () => {
      tellDone(done);
      onClose();
    },
    // Also after a refusal: somebody else may have been there.
    onSettled: () => refresh('changes', 'models', 'releases', 'data-rules', 'rollouts'),
  });
  return (
    <Confirm isOpen onClose={onClose} title={title} consequences={consequences} confirmLabel={confirmLabel} isDangerous={isDangerous} reason={reason} isPending={run.isPending} error={run.error} onConfirm={(text) => run.mutate(text)}>
      <Details act={act} given={given} onChange={(part) => setGiven({ ...given, ...part })} />
    </Confirm>
  );
}

function Details({ act, given, onChange }: { readonly act: Act; readonly given: Given; readonly onChange: (part: Partial<Given>) => void }) {
  switch (act) {
    case 'schedule':
      return (
        <div className="grid gap-3 sm:grid-cols-2">
          <TextField name="at" label={`Apply at (${VIEWER_ZONE})`} type="datetime-local" required value={given.at} onChange={(event) => onChange({ at: event.target.value })} />
          <TextField name="until" label="Give up at" type="datetime-local" required value={given.until} onChange={(event) => onChange({ until: event.target.value })} />
        </div>
      );
    case 'break-glass':
      return (
        <>
          <TextField name="hours" label="To be confirmed or reverted within, hours" type="number" min={0.5} step={0.5} required value={given.hours} onChange={(event) => onChange({ hours: event.target.value })} />
          <TextField name="words" label={`Type "${BREAK_WORDS}"`} required pattern={BREAK_WORDS} autoComplete="off" />
        </>
      );
    case 'review':
      return (
        <SelectField
          name="verdict" label="Verdict" value={given.verdict} onChange={(event) => onChange({ verdict: event.target.value as Given['verdict'] })}
          choices={[{ value: 'confirmed', label: 'Confirmed: it was right, and stays' }, { value: 'to-revert', label: 'To revert: it must be taken back' }]}
        />
      );
    default:
      return null;
  }
}

function startWith(nowMs: number): Given {
  const nextHourMs = Math.ceil((nowMs + HOUR_MS / 2) / HOUR_MS) * HOUR_MS;
  return { at: localInput(nextHourMs, VIEWER_ZONE), until: localInput(nextHourMs + HOUR_MS, VIEWER_ZONE), hours: '4', verdict: 'confirmed' };
}

type Asking = Exclude<Act, 'edit' | 'add-evidence'>;
interface Question {
  readonly title: string;
  readonly consequences: readonly ReactNode[];
  readonly confirmLabel: string;
  readonly isDangerous?: boolean;
  readonly reason: 'required' | 'optional' | 'none';
  readonly done: string;
}

const QUESTIONS: Readonly<Record<Asking, (change: Change, given: Given) => Question>> = {
  submit: ({ number }) => ({
    title: `Submit request ${number}`, confirmLabel: 'Submit', reason: 'optional', done: 'Submitted',
    consequences: ['Others see that it waits for their decision.', 'You can still edit it; each edit takes all approvals back.', 'You cannot approve it yourself.'],
  }),
  approve: ({ number, digest, diff }) => ({
    title: `Approve request ${number}`, confirmLabel: 'Approve exactly this', reason: 'optional', done: 'Approved',
    consequences: [`You approve exactly this: ${diff.summary}`, <>Your approval names the digest <code className="font-mono text-xs" title={digest}>{shortId(digest)}</code>. It covers what is written, what that replaces, and the evidence that is there.</>, 'It does not count any more once the request is edited or evidence is removed.', 'Your name stands in the request, in its dossier and in the audit log.'],
  }),
  reject: ({ number }) => ({
    title: `Reject request ${number}`, confirmLabel: 'Reject', isDangerous: true, reason: 'required', done: 'Rejected',
    consequences: ['The request ends. It cannot be opened again; a new one is needed.', 'Nothing that serves changes.', 'Its author reads your reason.'],
  }),
  withdraw: ({ number }) => ({ title: `Withdraw request ${number}`, confirmLabel: 'Withdraw', isDangerous: true, reason: 'optional', done: 'Withdrawn', consequences: ['The request ends. It cannot be opened again; a new one is needed.', 'Nothing that serves changes.'] }),
  schedule: ({ number, diff }, { at, until }) => ({
    title: `Schedule request ${number}`, confirmLabel: 'Schedule', reason: 'none', done: 'Scheduled',
    consequences: [`It is applied by itself at ${at.replace('T', ' ')}: ${diff.summary}`, 'Everything is judged again at that time: approvals, and whether the state has moved. A freeze window is waited for.', `Not applied by ${until.replace('T', ' ')}, it expires.`],
  }),
  unschedule: ({ number, schedule }) => ({ title: `Take the schedule of request ${number} back`, confirmLabel: 'Take the schedule back', reason: 'none', done: 'Schedule taken back', consequences: [schedule === null ? 'It is not applied by itself.' : <>It is not applied at <Time at={schedule.at} as="full" />.</>, 'Its approvals stand: it can be applied or scheduled again.'] }),
  apply: (change) => ({ title: `Apply request ${change.number}`, confirmLabel: 'Apply now', reason: 'optional', done: 'Applied', consequences: [...applied(change), 'Its effect and the audit entries are written at once, in one transaction.'] }),
  promote: ({ number, model, effect }) => ({
    title: `Promote the canary of request ${number}`, confirmLabel: 'Promote', reason: 'optional', done: 'Promoted',
    consequences: [<>Release <code className="font-mono text-xs">{typeof effect['releaseId'] === 'string' ? shortId(effect['releaseId']) : 'of the canary'}</code> answers all requests for {model}.</>, 'The release that answers now becomes the previous one and stays in memory: a rollback is one step.', 'The request is applied.'],
  }),
  'break-glass': (change, { hours }) => ({
    title: `Break the glass for request ${change.number}`, confirmLabel: 'Break the glass', isDangerous: true, reason: 'required', done: 'The glass is broken',
    consequences: [...applied(change), 'Nobody has approved this. Evidence and freeze windows are passed over.', 'It owes a review by somebody who had no hand in it; that debt is shown to everybody until it is settled.', `Within ${hours || '…'} hours somebody must confirm that it stays. Nothing is reverted by itself.`],
  }),
  review: ({ number, breakGlass: glass }, { verdict }) => ({
    title: `Review the broken glass of request ${number}`, confirmLabel: 'Give the review', reason: 'required', done: 'Reviewed',
    consequences: [`${glass?.byName ?? 'Somebody'} broke the glass: ${glass?.reason ?? ''}`, verdict === 'confirmed' ? 'You say that it was right and stays. Both debts are settled.' : 'You say that it must be taken back. It stays listed until that is confirmed; the rollback itself is done at the release.', 'Your name and reason stand in the request and in the audit log.'],
  }),
};

function applied({ diff, model, change }: Change): readonly string[] {
  const strategy = strategyKind(change);
  const where = model === null ? 'For all models' : `For ${model}`;
  const how = strategy === 'canary' ? 'A canary begins; the request is applied once it is promoted.' : strategy === 'rollout' ? 'A guarded rollout begins, which promotes or rolls back by itself.' : null;
  return [`${where}: ${diff.summary}`, ...(how === null ? [] : [how])];
}

function send(act: Asking, change: Change, given: Given, text: string | undefined): Promise<unknown> {
  const to = { path: { changeId: change.id }, headers: { 'if-match': `"${change.revision}"` } };
  const note = { ...to, body: text === undefined ? {} : { comment: text } };
  // A vote names what was read by its digest: a comment in between does not matter.
  const vote = { path: to.path, body: { digest: change.digest, comment: text ?? '' } };
  switch (act) {
    case 'submit': return submitChange(note);
    case 'approve': return approveChange(vote);
    case 'reject': return rejectChange(vote);
    case 'withdraw': return withdrawChange(note);
    case 'apply': return applyChange(note);
    case 'promote': return promoteChange(note);
    case 'schedule': return scheduleChange({ ...to, body: { at: iso(given.at), until: iso(given.until) } });
    case 'unschedule': return unscheduleChange(to);
    case 'break-glass': return breakGlass({ ...to, body: { reason: text ?? '', hours: Number(given.hours) } });
    case 'review': return reviewChange({ ...to, body: { verdict: given.verdict, note: text ?? '' } });
  }
}

function iso(local: string): string {
  const atMs = instantOf(local, VIEWER_ZONE);
  return atMs === null ? local : new Date(atMs).toISOString();
}
