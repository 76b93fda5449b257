import { type Provider } from '@nestjs/common';
import { DEFAULT_POLICY } from '#libs/alerting/notify/policy';
import { ALERT_ACTIONS, type AlertActionsPort, ALERT_RULES, type AlertRulesPort, ALERTS, type AlertsPort, NOTIFICATION_POLICY, type NotificationPolicyPort, READING_HISTORY, type ReadingHistoryPort, SILENCES, type SilencesPort } from '../alerts/alert-ports.ts';

/** No alerts, and nothing to do. */
export function fakeAlertPorts(): Provider[] {
  const unused = (): never => {
    throw new Error('alerts are tested on a real store: test/alerts');
  };
  const alerts: AlertsPort = { list: async () => [], find: async () => null, history: async () => [], acknowledge: async () => 'missing' };
  const rules: AlertRulesPort = { list: async () => [], find: async () => null, records: async () => new Map(), insert: unused, write: async () => ({ outcome: 'missing' }) };
  const silences: SilencesPort = { list: async () => [], insert: unused, expire: async () => null };
  const policy: NotificationPolicyPort = { current: async () => ({ policy: DEFAULT_POLICY, generation: 0, updatedBy: null, updatedAtMs: null }), write: unused };
  const history: ReadingHistoryPort = { history: async () => [] };
  const actions: AlertActionsPort = { of: async () => [], open: async () => [], lock: async () => null, settle: unused, transaction: unused };
  return ([[ALERTS, alerts], [ALERT_RULES, rules], [SILENCES, silences], [NOTIFICATION_POLICY, policy], [READING_HISTORY, history], [ALERT_ACTIONS, actions]] as const).map(([provide, useValue]) => ({ provide, useValue }));
}
