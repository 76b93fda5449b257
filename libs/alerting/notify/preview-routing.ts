import { type Labels } from '../alert/alert.ts';
import { matchesAll } from '../alert/matcher.ts';
import { type InhibitionRule } from './mute.ts';
import { type AlertTarget, escalateAlert, type NotificationPolicy, routesTaking, targetsOf } from './policy.ts';

/** A receiver that would be told of an alert, and why. */
export interface PreviewedTarget extends Pick<AlertTarget, 'receiverId' | 'groupLabels' | 'timing'> {
  readonly reason: 'route' | 'no-route' | 'escalation';
  /** Name of the route or of the escalation; empty where no route takes the alert. */
  readonly via: string;
  /** How long it must fire without acknowledgement first. */
  readonly afterMs: number;
}

export interface RoutingPreview {
  /** Those that are told first come first. */
  readonly targets: readonly PreviewedTarget[];
  /** While a source of one of these fires and agrees with the alert, nobody is told of it. */
  readonly hushedBy: readonly InhibitionRule[];
}

/** Who would be told of an alert with these labels, by the same functions that decide over alerts. */
export function previewRouting(policy: NotificationPolicy, labels: Labels): RoutingPreview {
  const routed = routesTaking(policy, labels).flatMap((route) =>
    targetsOf(policy, route, labels, false).map((target): PreviewedTarget => ({ ...shown(target), reason: route.name === '' ? 'no-route' : 'route', via: route.name, afterMs: 0 })),
  );
  const escalated = policy.escalations.flatMap((step) =>
    escalateAlert({ ...policy, escalations: [step] }, labels, step.afterMs).map((target): PreviewedTarget => ({ ...shown(target), reason: 'escalation', via: step.name, afterMs: step.afterMs })),
  );
  return {
    targets: [...routed, ...escalated.toSorted((a, b) => a.afterMs - b.afterMs)],
    // What is a source itself is not hushed by its like.
    hushedBy: policy.inhibitions.filter(({ source, target }) => matchesAll(target, labels) && !matchesAll(source, labels)),
  };
}

function shown({ receiverId, groupLabels, timing }: AlertTarget): Pick<AlertTarget, 'receiverId' | 'groupLabels' | 'timing'> {
  return { receiverId, groupLabels, timing };
}
