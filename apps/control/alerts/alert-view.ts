import { alertLabels } from '#libs/alerting/alert/labels';
import { type Finding } from '#libs/alerting/finding/finding';
import { type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { type AlertAction } from '#libs/store/alerts/alert-actions';
import { type StoredAlert, type StoredEpisode } from '#libs/store/alerts/alerts';

type AlertDetailBody = RouteOutput<typeof ROUTES.getAlert>;
type AlertBody = RouteOutput<typeof ROUTES.listAlerts>['items'][number];
type EpisodeBody = RouteOutput<typeof ROUTES.listAlertEpisodes>['items'][number];

export const iso = (ms: number): string => new Date(ms).toISOString();
export const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms));

export function alertBody(alert: StoredAlert): AlertBody {
  const { series, ruleId, ruleName, signal, severity, state, sinceMs, value, reason, muted, newest } = alert;
  return {
    id: series, rule: { id: ruleId, name: ruleName }, signal, labels: alertLabels(alert), severity, state, since: iso(sinceMs), value, reason,
    episode: newest?.episode ?? 0, fingerprint: newest?.fingerprint ?? null, startedAt: isoOrNull(newest?.startedAtMs ?? null), acknowledged: acknowledged(newest),
    muted: muted && { reason: muted.reason, silenceId: muted.silenceId ?? null, by: muted.by ?? null },
  };
}

export function alertDetail(alert: StoredAlert, actions: readonly AlertAction[]): AlertDetailBody {
  const { newest } = alert;
  return {
    ...alertBody(alert), endedAt: isoOrNull(newest?.endedAtMs ?? null), finding: findingBody(newest?.finding ?? null), notifications: newest?.notifications ?? 0,
    actions: actions.map(({ kind, state, requestedAtMs, endedAtMs, outcome }) => ({ kind, state, requestedAt: iso(requestedAtMs), endedAt: isoOrNull(endedAtMs), outcome: outcome && { ...outcome } })),
  };
}

export function episodeBody(one: StoredEpisode): EpisodeBody {
  const { fingerprint, series, episode, ruleId, ruleName, signal, severity, beganAs, startedAtMs, endedAtMs, notifications, finding } = one;
  return {
    fingerprint, alertId: series, episode, rule: { id: ruleId, name: ruleName }, signal, labels: alertLabels(one), severity, beganAs, startedAt: iso(startedAtMs), endedAt: isoOrNull(endedAtMs),
    acknowledged: acknowledged(one), notifications, finding: findingBody(finding),
  };
}

function acknowledged(episode: StoredEpisode | null): AlertBody['acknowledged'] {
  if (!episode?.acknowledged) return null;
  const { by, byName, atMs, note } = episode.acknowledged;
  return { by, byName, at: iso(atMs), note };
}

function findingBody(finding: Finding | null): EpisodeBody['finding'] {
  if (!finding) return null;
  const { sinceMs, changes, experts, segment, exampleRequestIds, wayBack, ...same } = finding;
  return {
    ...same, since: iso(sinceMs), changes: changes.map(({ atMs, ...change }) => ({ ...change, at: iso(atMs) })), experts: [...experts], segment: segment && { ...segment }, exampleRequestIds: [...exampleRequestIds],
    wayBack: wayBack && { ...wayBack, body: { ...wayBack.body } },
  };
}
