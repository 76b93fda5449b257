import { alertLabels } from '#libs/alerting/alert/labels';
import { type NotifiedAlert } from '#libs/alerting/notify/notification';
import { type NotificationPlan, type PlannedNotification, type ToldGroup } from '#libs/alerting/notify/plan-notifications';
import { type AlertUnit, type Episode } from '#libs/store/alerts/alert-unit';
import { enqueueNotification, NoSuchReceiverError } from '#libs/store/receivers/outbox';

export interface SendContext {
  readonly nowMs: number;
  readonly publicUrl: string | null;
}

/**
 * Puts what is planned into the outbox and keeps what receivers know, as part of the unit's transaction.
 * Returns receivers that are gone: nothing is kept for them.
 */
export async function sendNotifications(unit: AlertUnit, plan: NotificationPlan, before: readonly ToldGroup[], episodes: ReadonlyMap<string, Episode>, { nowMs, publicUrl }: SendContext): Promise<readonly string[]> {
  const lost = new Set<string>();
  const told: string[] = [];
  for (const planned of plan.notifications) {
    const alerts = alertsOf(planned, episodes, publicUrl);
    const { receiverId, groupKey, groupLabels, reason, truncatedAlerts } = planned;
    try {
      await enqueueNotification(unit.manager, { receiverId, groupKey, groupLabels, reason, status: planned.firing.length > 0 ? 'firing' : 'resolved', alerts, truncatedAlerts, atMs: nowMs });
      told.push(...alerts.map(({ fingerprint }) => fingerprint));
    } catch (error) {
      if (!(error instanceof NoSuchReceiverError)) throw error;
      lost.add(receiverId);
    }
  }
  await unit.saveGroups(before, plan.groups.filter(({ receiverId }) => !lost.has(receiverId)));
  await unit.countNotified([...new Set(told)]);
  return [...lost];
}

function alertsOf({ firing, resolved }: PlannedNotification, episodes: ReadonlyMap<string, Episode>, publicUrl: string | null): readonly NotifiedAlert[] {
  const of = (fingerprint: string, status: NotifiedAlert['status']): readonly NotifiedAlert[] => {
    const episode = episodes.get(fingerprint);
    return episode ? [notifiedAlert(episode, status, publicUrl)] : [];
  };
  return [...firing.flatMap((fingerprint) => of(fingerprint, 'firing')), ...resolved.flatMap((fingerprint) => of(fingerprint, 'resolved'))];
}

function notifiedAlert(episode: Episode, status: NotifiedAlert['status'], publicUrl: string | null): NotifiedAlert {
  const { fingerprint, series, ruleId, ruleName, severity, annotations, startedAtMs, endedAtMs, finding } = episode;
  return {
    status, ruleId, ruleName, severity, labels: alertLabels(episode), annotations, startsAtMs: startedAtMs, endsAtMs: status === 'resolved' ? endedAtMs : null,
    fingerprint, series, url: `${publicUrl ?? ''}/alerts/${series}`, finding: finding && { ...finding },
  };
}
