import { createHash } from 'node:crypto';
import { type Labels } from '../alert/alert.ts';
import { type Matcher, matchesAll } from '../alert/matcher.ts';
import { labelText } from '../alert/labels.ts';
import { groupLabels, type GroupTiming } from './group.ts';
import { type InhibitionRule } from './mute.ts';

/** Sends the alerts that it matches to receivers. */
export interface PolicyRoute {
  /** Unique in the policy, and part of the groups' keys: with another name its groups begin anew. */
  readonly name: string;
  /** None: all alerts. */
  readonly matchers: readonly Matcher[];
  readonly receivers: readonly string[];
  /** null: that of the policy. */
  readonly groupBy: readonly string[] | null;
  readonly timing: GroupTiming | null;
  /** Whether routes after it are looked at too. */
  readonly continues: boolean;
}

/** Whom to tell too when an alert fires for long and nobody has acknowledged it. */
export interface EscalationStep {
  readonly name: string;
  readonly matchers: readonly Matcher[];
  readonly afterMs: number;
  readonly receivers: readonly string[];
}

/** Who is told of what, when. One document. */
export interface NotificationPolicy {
  /** Told of alerts that no route takes. */
  readonly receivers: readonly string[];
  readonly groupBy: readonly string[];
  readonly timing: GroupTiming;
  readonly routes: readonly PolicyRoute[];
  readonly inhibitions: readonly InhibitionRule[];
  readonly escalations: readonly EscalationStep[];
  /** How often the Watchdog is told of. */
  readonly watchdogRepeatMs: number;
}

/** Which receiver is told of an alert, and in which group. */
export interface AlertTarget {
  readonly receiverId: string;
  readonly groupKey: string;
  readonly groupLabels: Labels;
  readonly timing: GroupTiming;
  readonly isEscalation: boolean;
}

/** Longer names of groups become digests. */
const MAX_KEY_BYTES = 1000;
const ALL_LABELS = ['model', 'release', 'layer', 'expert', 'tenant', 'task', 'language', 'subject'];

/** Tells nobody until receivers are named. A release's layers share one notification; what follows from something else is not told of beside it. */
export const DEFAULT_POLICY: NotificationPolicy = {
  receivers: [],
  groupBy: ['model', 'release', 'signal'],
  timing: { groupWaitMs: 30_000, groupIntervalMs: 300_000, repeatIntervalMs: 14_400_000 },
  routes: [],
  inhibitions: [
    { source: [{ label: 'signal', is: 'equal', value: 'no-data' }], target: [{ label: 'signal', is: 'none-of', values: ['no-data', 'watchdog', 'review-overdue'] }], equal: ['model'] },
    { source: [{ label: 'signal', is: 'equal', value: 'router-shift' }], target: [{ label: 'signal', is: 'equal', value: 'mix-shift' }], equal: ['model', 'release', 'layer'] },
    { source: [{ label: 'signal', is: 'equal', value: 'expert-unavailable' }], target: [{ label: 'signal', is: 'equal', value: 'dropped-tokens' }], equal: ['model', 'release'] },
    { source: [{ label: 'severity', is: 'equal', value: 'critical' }], target: [{ label: 'severity', is: 'one-of', values: ['warning', 'info'] }], equal: [...ALL_LABELS, 'signal'] },
  ],
  escalations: [],
  watchdogRepeatMs: 300_000,
};

/** Where an alert goes: the first route that matches, those after it while they continue, or else the policy's own receivers. */
export function routeAlert(policy: NotificationPolicy, labels: Labels): readonly AlertTarget[] {
  return routesTaking(policy, labels).flatMap((route) => targetsOf(policy, route, labels, false));
}

/** What sends an alert on: a route, or the policy itself, which has no name. */
export type TakingRoute = Pick<PolicyRoute, 'name' | 'receivers' | 'groupBy' | 'timing'>;

/** Routes that take an alert, in order; the policy itself where none does. */
export function routesTaking(policy: NotificationPolicy, labels: Labels): readonly TakingRoute[] {
  const taken: TakingRoute[] = [];
  for (const route of policy.routes) {
    if (route.matchers.length > 0 && !matchesAll(route.matchers, labels)) continue;
    taken.push(route);
    if (!route.continues) break;
  }
  return taken.length > 0 ? taken : [{ name: '', receivers: policy.receivers, groupBy: null, timing: null }];
}

/** Receivers that are told too, because an alert has fired for that long without acknowledgement. */
export function escalateAlert(policy: NotificationPolicy, labels: Labels, firingForMs: number): readonly AlertTarget[] {
  return policy.escalations
    .filter(({ matchers, afterMs }) => firingForMs >= afterMs && (matchers.length === 0 || matchesAll(matchers, labels)))
    // It has waited long enough for others to join.
    .flatMap(({ name, receivers }) => targetsOf(policy, { name: `escalation ${name}`, receivers, groupBy: null, timing: { ...policy.timing, groupWaitMs: 0 } }, labels, true));
}

export function targetsOf(policy: NotificationPolicy, { name, receivers, groupBy, timing }: TakingRoute, labels: Labels, isEscalation: boolean): readonly AlertTarget[] {
  const isWatchdog = labels['signal'] === 'watchdog';
  // The Watchdog's beat must not be held up, nor sped up, by what else a group holds.
  const by = isWatchdog ? ['signal'] : (groupBy ?? policy.groupBy);
  const group = groupLabels(labels, by);
  const given = timing ?? policy.timing;
  const own = isWatchdog ? { ...given, groupWaitMs: 0, repeatIntervalMs: policy.watchdogRepeatMs } : given;
  return [...new Set(receivers)].map((receiverId) => ({ receiverId, groupKey: keyOf(`${name}:${labelText(group)}`), groupLabels: group, timing: own, isEscalation }));
}

function keyOf(text: string): string {
  return Buffer.byteLength(text) <= MAX_KEY_BYTES ? text : createHash('sha256').update(text).digest('hex');
}

/** All receivers that a policy names, without repeats. */
export function namedReceivers({ receivers, routes, escalations }: NotificationPolicy): readonly string[] {
  return [...new Set([...receivers, ...routes.flatMap((route) => route.receivers), ...escalations.flatMap((step) => step.receivers)])];
}
