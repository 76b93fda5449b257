import { createHash } from 'node:crypto';
import { type ChangeMarks, type Mark, MARKS } from '#libs/store/overview/change-marks';

/** Tags of the API whose answers may differ after a mark has moved. */
const TAGS_OF_MARK: Readonly<Record<Mark, readonly string[]>> = {
  activation: ['models', 'events'],
  processes: ['models'],
  releases: ['releases', 'registry'],
  rollouts: ['rollouts'],
  changes: ['changes', 'events'],
  alerts: ['alerts', 'events'],
  traffic: ['traffic', 'routing', 'traces'],
  detection: ['detection'],
  baselines: ['detection', 'events'],
  imports: ['imports'],
  notifications: ['receivers'],
};

/** Tags by the first word of an audited action, where it is not the name of a tag itself. */
const TAGS_OF_AREA: Readonly<Record<string, readonly string[]>> = {
  activation: ['models', 'events'],
  release: ['releases'],
  import: ['imports', 'releases'],
  component: ['registry', 'releases', 'models'],
  compatibility: ['registry'],
  upload: ['registry'],
  signature: ['signatures'],
  'signature-policy': ['signatures'],
  'trusted-key': ['signatures'],
  'data-rules': ['data-rules', 'events'],
  rollout: ['rollouts', 'models', 'events'],
  change: ['changes', 'events'],
  'change-policy': ['changes'],
  freeze: ['changes'],
  governance: ['changes'],
  baseline: ['detection', 'events'],
  alert: ['alerts'],
  'alert-rule': ['alerts'],
  silence: ['alerts'],
  'notification-policy': ['alerts'],
  receiver: ['receivers'],
  notification: ['receivers'],
  account: ['access'],
  key: ['keys', 'access', 'session'],
  session: ['session', 'access'],
  feedback: ['feedback'],
  evaluation: ['evaluations'],
  suite: ['evaluations'],
  dataset: ['evaluations'],
  protection: ['protection'],
};

/** What a caller bound to a tenant may hear of: the rest would tell that others are at work. */
const SHARED_MARKS: readonly Mark[] = ['activation', 'processes', 'releases'];
const SHARED_TAGS = new Set(['models', 'releases']);

export const ALL_TAGS: readonly string[] = [...new Set([...Object.values(TAGS_OF_MARK), ...Object.values(TAGS_OF_AREA)].flat()), 'audit'].toSorted();

/** Tags that changed from one look to the next, for a listener. */
export function changedTags(before: ChangeMarks, after: ChangeMarks, isBound: boolean): readonly string[] {
  const moved = MARKS.filter((mark) => before.marks[mark] !== after.marks[mark]).flatMap((mark) => TAGS_OF_MARK[mark]);
  const audited = after.auditId === before.auditId ? [] : ['audit', ...after.auditAreas.flatMap((area) => TAGS_OF_AREA[area] ?? [])];
  return heard([...moved, ...audited], isBound);
}

/** Tags that may have changed since an event, by its id. All of them where the id tells nothing. */
export function tagsSince(eventId: string, now: ChangeMarks, isBound: boolean): readonly string[] {
  const current = eventIdOf(now, isBound);
  if (eventId === current) return [];
  const before = eventId.split('.');
  const after = current.split('.');
  // Without the audit entries in between, what they were about is not known.
  if (before.length !== after.length || before[0] !== after[0]) return heard(ALL_TAGS, isBound);
  return heard(MARKS.filter((_, index) => before[index + 1] !== after[index + 1]).flatMap((mark) => TAGS_OF_MARK[mark]), isBound);
}

/** Names a state of the marks, as far as a listener may hear of it. */
export function eventIdOf({ auditId, marks }: ChangeMarks, isBound: boolean): string {
  const digests = MARKS.map((mark) => (isBound && !SHARED_MARKS.includes(mark) ? '' : createHash('sha256').update(marks[mark]).digest('base64url').slice(0, 8)));
  return [isBound ? '' : String(auditId), ...digests].join('.');
}

function heard(tags: readonly string[], isBound: boolean): readonly string[] {
  return [...new Set(tags)].filter((tag) => !isBound || SHARED_TAGS.has(tag)).toSorted();
}
