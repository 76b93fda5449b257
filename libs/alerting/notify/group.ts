import { createHash } from 'node:crypto';
import { type Labels } from '../alert/alert.ts';

/** When a group of alerts is told of, as Alertmanager means these settings. */
export interface GroupTiming {
  /** A new group waits this long for others to join. */
  readonly groupWaitMs: number;
  /** News of a group that was told of comes at most this often. */
  readonly groupIntervalMs: number;
  /** A group without news is told of again after this long while it fires. */
  readonly repeatIntervalMs: number;
}

/** What a receiver was last told of one group. Plain data. */
export interface GroupState {
  /** When its first alert came. */
  readonly openedAtMs: number;
  /** null before the first notification. */
  readonly notifiedAtMs: number | null;
  /** Keys of the alerts told of as firing then. */
  readonly toldFiring: readonly string[];
}

/** Alerts of a group now, by key. */
export interface GroupMembers {
  readonly firing: readonly string[];
  readonly resolved: readonly string[];
}

export type NotifyDecision =
  | { readonly notify: false; readonly reason: 'waiting-for-others' | 'too-soon' | 'nothing-new'; readonly againAtMs: number | null }
  | { readonly notify: true; readonly reason: 'new-group' | 'new-alerts' | 'resolved' | 'repeat' };

/** Stable name of one episode: what receivers tell repeats apart by. At most 64 characters. */
export function dedupKey(ruleId: string, labels: Labels, episode: number): string {
  const pairs = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return createHash('sha256').update(JSON.stringify([ruleId, pairs, episode])).digest('hex');
}

/** Labels by which alerts share a notification; those that an alert lacks are left out. */
export function groupLabels(labels: Labels, groupBy: readonly string[]): Labels {
  return Object.fromEntries(groupBy.flatMap((label) => (labels[label] === undefined ? [] : [[label, labels[label]]])));
}

/**
 * Decides whether a group is told of now. Whatever was told of as firing is also told of as resolved;
 * what began and ended between two notifications is left out.
 */
export function decideNotification({ openedAtMs, notifiedAtMs, toldFiring }: GroupState, members: GroupMembers, timing: GroupTiming, nowMs: number): NotifyDecision {
  const told = new Set(toldFiring);
  const hasNew = members.firing.some((key) => !told.has(key));
  const hasResolved = members.resolved.some((key) => told.has(key));
  if (notifiedAtMs === null) {
    if (members.firing.length === 0) return { notify: false, reason: 'nothing-new', againAtMs: null };
    const dueMs = openedAtMs + timing.groupWaitMs;
    return nowMs < dueMs ? { notify: false, reason: 'waiting-for-others', againAtMs: dueMs } : { notify: true, reason: 'new-group' };
  }
  if (hasNew || hasResolved) {
    const dueMs = notifiedAtMs + timing.groupIntervalMs;
    if (nowMs < dueMs) return { notify: false, reason: 'too-soon', againAtMs: dueMs };
    return { notify: true, reason: hasNew ? 'new-alerts' : 'resolved' };
  }
  if (members.firing.length === 0) return { notify: false, reason: 'nothing-new', againAtMs: null };
  const dueMs = notifiedAtMs + timing.repeatIntervalMs;
  return nowMs < dueMs ? { notify: false, reason: 'nothing-new', againAtMs: dueMs } : { notify: true, reason: 'repeat' };
}
