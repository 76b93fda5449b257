import { type ChangeBlocker, type ChangeStanding, type ListedChange } from '../api/gen/types.gen.ts';
import { type Tone } from '../ui/badge.tsx';

export type Act = ChangeStanding['acts'][number]['act'];
type ChangeState = ListedChange['state'];

export const CHANGE_TYPES = {
  activate: 'Activate a release',
  'replace-expert': 'Replace experts',
  'change-router': 'Change routers',
  'change-routing-settings': 'Change routing settings',
  'add-expert': 'Add experts',
  'retire-expert': 'Retire experts',
  'rescope-expert': 'Rewrite a card',
  'change-data-rules': 'Change data rules',
  recall: 'Recall a version',
  'change-policy': 'Change the policy',
  'set-governance': 'Set the mode',
} as const satisfies Record<string, string>;
export type ChangeType = keyof typeof CHANGE_TYPES;

export function typeLabel(type: string): string {
  return type in CHANGE_TYPES ? CHANGE_TYPES[type as ChangeType] : type;
}

export const STATES: Readonly<Record<ChangeState, { readonly tone: Tone; readonly about: string }>> = {
  draft: { tone: 'neutral', about: 'Its author works on it; nobody decides yet.' },
  open: { tone: 'info', about: 'Submitted: it waits for evidence or approvals.' },
  approved: { tone: 'ok', about: 'All that the policy asks for is there; it can be applied.' },
  scheduled: { tone: 'accent', about: 'It is applied by itself at its time, if nothing blocks it then.' },
  applying: { tone: 'accent', about: 'Its canary or rollout runs.' },
  applied: { tone: 'ok', about: 'Done.' },
  failed: { tone: 'bad', about: 'It could not be applied, or its release was taken back first.' },
  rejected: { tone: 'bad', about: 'An approver ended it.' },
  withdrawn: { tone: 'neutral', about: 'Whoever wrote it took it back.' },
  expired: { tone: 'neutral', about: 'It took too long.' },
  superseded: { tone: 'neutral', about: 'Another request replaced it.' },
};

export const CLASSES = {
  normal: { label: 'normal', tone: 'neutral', about: 'It needs approvals.' },
  standard: { label: 'standard', tone: 'info', about: 'The policy authorises it beforehand: no approval is needed.' },
  emergency: { label: 'broken glass', tone: 'bad', about: 'It was applied without approvals in an emergency and owes a review.' },
} as const satisfies Record<ListedChange['class'], { readonly label: string; readonly tone: Tone; readonly about: string }>;

export const ACTS: Readonly<Record<Act, string>> = {
  edit: 'Edit', 'add-evidence': 'Add evidence', submit: 'Submit', withdraw: 'Withdraw', approve: 'Approve', reject: 'Reject', review: 'Review', schedule: 'Schedule', unschedule: 'Take the schedule back', apply: 'Apply now', promote: 'Promote', 'break-glass': 'Break the glass',
};

/** What blocks a request, in one line. */
export function blockedBy(blockers: readonly ChangeBlocker[]): string | null {
  const evidence = blockers.filter(({ reason }) => reason === 'evidence-missing').map(({ evidence: kind }) => kind ?? 'evidence');
  const others = [...new Set(blockers.map(({ reason }) => reason))].filter((reason) => reason !== 'evidence-missing').map((reason) => SHORT[reason] ?? reason.replaceAll('-', ' '));
  const said = [...others.slice(0, 1), ...(evidence.length > 0 ? [`evidence missing: ${evidence.join(', ')}`] : []), ...others.slice(1)];
  return said.length === 0 ? null : `${said[0]!.charAt(0).toUpperCase()}${said.join('; ').slice(1)}`;
}

const SHORT: Readonly<Record<string, string>> = {
  'not-open': 'not submitted yet',
  'approvals-missing': 'approvals missing',
  'base-changed': 'the state it was planned on has moved',
  'not-plannable': 'cannot be planned over the present state',
  'not-permitted': 'the policy does not permit it to you',
  'policy-error': 'the change policy could not be asked',
  frozen: 'a freeze window holds',
  expired: 'it has expired',
};

/** Which acts a page offers, or says why not, in a state; the others make no sense there. */
export function actsShown(state: ChangeState, owes: boolean, strategy: string | null): readonly Act[] {
  const review: readonly Act[] = owes ? ['review'] : [];
  switch (state) {
    case 'draft': return ['submit', 'edit', 'withdraw', 'break-glass'];
    case 'open': return ['approve', 'reject', 'edit', 'withdraw', 'apply', 'break-glass'];
    case 'approved': return ['apply', 'schedule', 'reject', 'edit', 'withdraw', 'break-glass'];
    case 'scheduled': return ['unschedule', 'apply', 'reject', 'edit', 'withdraw', 'break-glass'];
    case 'applying': return strategy === 'canary' ? [...review, 'promote'] : review;
    default: return review;
  }
}

const STANDINGS: Readonly<Record<string, string>> = {
  'in-force': 'counts',
  counted: 'counted when it was applied',
  revoked: 'taken back',
  expired: 'expired',
  'digest-changed': 'stale: for another digest',
  'policy-changed': 'stale: given under another policy',
  'evidence-removed': 'stale: evidence it saw was removed',
  'own-change': 'does not count: had a hand in it',
  'account-disabled': 'does not count: account disabled',
  'same-person': 'does not count: same person as another',
  'not-an-approval': 'rejection',
};

/** Whether a vote counts now, in words. */
export function standingWords(standing: string): string {
  return STANDINGS[standing] ?? standing;
}

const EVENTS: Readonly<Record<string, string>> = {
  created: 'drafted it', edited: 'edited it, which took all approvals back', submitted: 'submitted it', 'evidence-added': 'added evidence', 'evidence-removed': 'removed evidence', commented: 'commented', approved: 'approved it', rejected: 'rejected it',
  withdrawn: 'withdrew it', scheduled: 'scheduled it', unscheduled: 'took the schedule back', applying: 'began to apply it', applied: 'applied it', failed: 'saw it fail', expired: 'let it expire', superseded: 'replaced it by another request', 'glass-broken': 'broke the glass', reviewed: 'reviewed the broken glass',
};

export function eventWords(event: string): string {
  return EVENTS[event] ?? event;
}
