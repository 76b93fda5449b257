import { type Labels } from '../alert/alert.ts';
import { type Severity } from '../rule/rule.ts';
import { decideNotification, type GroupState, type GroupTiming } from './group.ts';
import { type MuteDecision, muter, type Silence } from './mute.ts';
import { type Notification } from './notification.ts';
import { type AlertTarget, escalateAlert, type NotificationPolicy, routeAlert } from './policy.ts';

/** Alerts in one notification; the rest comes in the next one. */
export const MAX_ALERTS = 100;

/** An alert that fires, as routing sees it. */
export interface FiringAlert {
  /** Names its episode. */
  readonly fingerprint: string;
  /** As alertLabels makes them. */
  readonly labels: Labels;
  readonly severity: Severity;
  readonly startedAtMs: number;
  readonly isAcknowledged: boolean;
}

/** What a receiver was told of a group. `toldFiring` holds toldKey of each alert. */
export interface ToldGroup extends GroupState {
  readonly receiverId: string;
  readonly groupKey: string;
  readonly groupLabels: Labels;
  readonly timing: GroupTiming;
}

/** What a receiver is to be told now. Episodes by fingerprint. */
export interface PlannedNotification {
  readonly receiverId: string;
  readonly groupKey: string;
  readonly groupLabels: Labels;
  readonly reason: Notification['reason'];
  readonly firing: readonly string[];
  readonly resolved: readonly string[];
  readonly truncatedAlerts: number;
}

export interface NotificationPlan {
  readonly notifications: readonly PlannedNotification[];
  /** Every group that goes on, as it is after those notifications; groups that are not here are over. */
  readonly groups: readonly ToldGroup[];
  /** Why alerts are not told of, by fingerprint; those that are told of are missing. */
  readonly muted: ReadonlyMap<string, Extract<MuteDecision, { muted: true }>>;
}

export interface PlanInput {
  readonly firing: readonly FiringAlert[];
  readonly groups: readonly ToldGroup[];
  readonly silences: readonly Silence[];
  readonly policy: NotificationPolicy;
  readonly nowMs: number;
}

interface Membership {
  readonly target: AlertTarget;
  readonly told: ToldGroup | null;
  /** To be told of: muted alerts are not here. */
  readonly alerts: FiringAlert[];
}

/** What a receiver was told of an episode: a higher severity is news. */
function toldKey(fingerprint: string, severity: Severity): string {
  return `${fingerprint}/${severity}`;
}

function fingerprintOf(told: string): string {
  return told.slice(0, told.indexOf('/'));
}

/**
 * Decides what every receiver is told now. Whoever was told of an alert as firing is told of its end,
 * whatever silences, inhibitions and another policy have done meanwhile.
 */
export function planNotifications({ firing, groups, silences, policy, nowMs }: PlanInput): NotificationPlan {
  const mute = muter(firing.map(({ labels }) => labels), silences, policy.inhibitions, nowMs);
  const muted = new Map<string, Extract<MuteDecision, { muted: true }>>();
  const members = new Map<string, Membership>();
  for (const group of groups) members.set(idOf(group), { target: { ...group, isEscalation: false }, told: group, alerts: [] });
  for (const alert of firing) {
    const decision = mute(alert.labels);
    if (decision.muted) {
      muted.set(alert.fingerprint, decision);
      continue;
    }
    const escalated = alert.isAcknowledged ? [] : escalateAlert(policy, alert.labels, nowMs - alert.startedAtMs);
    for (const target of [...routeAlert(policy, alert.labels), ...escalated]) {
      const known = members.get(idOf(target));
      const alerts = known?.alerts ?? [];
      if (!alerts.includes(alert)) alerts.push(alert);
      // The policy of now says when the group is told of, not that of its beginning.
      members.set(idOf(target), { target, told: known?.told ?? null, alerts });
    }
  }
  const live = new Set(firing.map(({ fingerprint }) => fingerprint));
  const plans = [...members.values()].map((membership) => planGroup(membership, live, nowMs));
  return { notifications: plans.flatMap(({ notification }) => notification ?? []), groups: plans.flatMap(({ group }) => group ?? []), muted };
}

function planGroup({ target, told, alerts }: Membership, live: ReadonlySet<string>, nowMs: number): { readonly notification: PlannedNotification | null; readonly group: ToldGroup | null } {
  const { receiverId, groupKey, groupLabels, timing } = target;
  const state: GroupState = told ?? { openedAtMs: nowMs, notifiedAtMs: null, toldFiring: [] };
  const ended = state.toldFiring.filter((key) => !live.has(fingerprintOf(key)));
  const decision = decideNotification(state, { firing: alerts.map(({ fingerprint, severity }) => toldKey(fingerprint, severity)), resolved: ended }, timing, nowMs);
  const group: ToldGroup = { receiverId, groupKey, groupLabels, timing, openedAtMs: state.openedAtMs, notifiedAtMs: state.notifiedAtMs, toldFiring: state.toldFiring };
  if (!decision.notify) return { notification: null, group: alerts.length === 0 && state.toldFiring.length === 0 ? null : group };

  const known = new Set(state.toldFiring);
  const resolved = ended.slice(0, MAX_ALERTS);
  const news = alerts.filter(({ fingerprint, severity }) => !known.has(toldKey(fingerprint, severity))).slice(0, MAX_ALERTS - resolved.length);
  const renewed = new Set(news.map(({ fingerprint }) => fingerprint));
  const gone = new Set(resolved);
  // Those that are muted now were told of before, and still fire: they stay in what the receiver knows.
  const toldFiring = [...state.toldFiring.filter((key) => !gone.has(key) && !renewed.has(fingerprintOf(key))), ...news.map(({ fingerprint, severity }) => toldKey(fingerprint, severity))];
  const standing = toldFiring.map(fingerprintOf).filter((fingerprint) => !renewed.has(fingerprint) && live.has(fingerprint));
  const shown = [...renewed, ...standing].slice(0, MAX_ALERTS - resolved.length);
  const left = alerts.filter(({ fingerprint }) => !shown.includes(fingerprint)).length;
  const reason = target.isEscalation && decision.reason.startsWith('new-') ? 'escalation' : decision.reason;
  return {
    notification: { receiverId, groupKey, groupLabels, reason, firing: shown, resolved: resolved.map(fingerprintOf), truncatedAlerts: left + Math.max(0, ended.length - resolved.length) },
    group: toldFiring.length === 0 && alerts.length === 0 ? null : { ...group, notifiedAtMs: nowMs, toldFiring },
  };
}

function idOf({ receiverId, groupKey }: Pick<AlertTarget, 'receiverId' | 'groupKey'>): string {
  return JSON.stringify([receiverId, groupKey]);
}
