import { type NotifiedAlert, type Notification } from '../notify/notification.ts';

export const AT_MS = Date.parse('2026-06-01T12:00:00Z');

export function alertOf(over: Partial<NotifiedAlert> = {}): NotifiedAlert {
  return {
    status: 'firing', ruleId: 'router-shift', ruleName: 'Router shift', severity: 'critical', labels: { model: 'toy', release: 'ab'.repeat(32), layer: '3' }, annotations: { runbook: 'https://wiki.example.com/shift' },
    startsAtMs: AT_MS - 60_000, endsAtMs: null, fingerprint: 'f'.repeat(64), series: 'e'.repeat(64), url: '/api/v1/alerts/1',
    finding: {
      summary: 'The router changed.', sinceMs: AT_MS - 120_000, effect: { value: 0.12345, unit: 'bits', low: 0.1, high: 0.15 }, experts: [{ expert: 5, share: 0.4, baselineShare: 0.1, eValue: 1e6 }],
      changes: [{ kind: 'activation', atMs: AT_MS - 130_000, what: 'promote', by: 'user:1', release: 'cd'.repeat(32) }], wayBack: { kind: 'rollback', command: 'signalbox rollback toy', to: 'ef'.repeat(32) },
    },
    ...over,
  };
}

export function notificationOf(over: Partial<Notification> = {}): Notification {
  return {
    id: '0197280f-6000-7000-8000-000000000001', receiverId: '0197280f-6000-7000-8000-000000000002', groupKey: 'route:model=toy', groupLabels: { model: 'toy' }, sequence: 3, reason: 'new-group', status: 'firing', alerts: [alertOf()], truncatedAlerts: 0, atMs: AT_MS,
    ...over,
  };
}

export const RESOLVED: Notification = notificationOf({ reason: 'resolved', status: 'resolved', alerts: [alertOf({ status: 'resolved', endsAtMs: AT_MS })] });
