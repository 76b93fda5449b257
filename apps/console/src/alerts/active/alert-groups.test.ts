import { expect, it } from 'vitest';
import { type Alert } from '../../api/gen/types.gen.ts';
import { groupAlerts } from './alert-groups.ts';

const alert = (rule: string, layer: string, severity: Alert['severity'], since: string): Alert => ({
  id: `${rule}${layer}`, rule: { id: rule, name: rule }, signal: 'router-shift', labels: { model: 'm', release: 'r', layer }, severity, state: 'alerting', since, value: 1, reason: '',
  episode: 1, fingerprint: null, startedAt: since, acknowledged: null, muted: null,
});

it('puts the layers of one rule and release together, the worst group first', () => {
  const groups = groupAlerts([alert('b', '10', 'warning', '2026-01-02'), alert('a', '0', 'warning', '2026-01-03'), alert('b', '2', 'critical', '2026-01-01')]);
  expect(groups.map(({ rule, severity, since }) => [rule.id, severity, since])).toEqual([['b', 'critical', '2026-01-01'], ['a', 'warning', '2026-01-03']]);
  expect(groups[0]?.alerts.map(({ labels }) => labels['layer'])).toEqual(['2', '10']);
});
