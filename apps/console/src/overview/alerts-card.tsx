import { Link } from '@tanstack/react-router';
import { type Alert } from '../api/gen/types.gen.ts';
import { Card } from '../ui/card.tsx';
import { Severity } from '../ui/severity.tsx';
import { Time } from '../ui/time.tsx';
import { isFiring, type Serving, whereOf } from './health.ts';

const SEVERITIES = ['critical', 'warning', 'info'] as const;
const SHOWN = 6;

/** Alerts that fire, by severity. */
export function AlertsCard({ model, alerts, serving }: { readonly model: string; readonly alerts: readonly Alert[]; readonly serving: Serving | undefined }) {
  const firing = SEVERITIES.flatMap((severity) => alerts.filter((alert) => alert.severity === severity && isFiring(alert)));
  const counts = SEVERITIES.map((severity) => ({ severity, count: firing.filter((alert) => alert.severity === severity).length })).filter(({ count }) => count > 0);
  return (
    <Card
      title={firing.length === 0 ? 'No alert fires' : `${firing.length} ${firing.length === 1 ? 'alert fires' : 'alerts fire'}`}
      {...(counts.length > 1 && { lead: counts.map(({ severity, count }) => `${count} ${severity}`).join(', ') })}
      actions={<Link to="/alerts" search={{ model }} className="text-xs">Alerts</Link>}
    >
      {firing.length === 0 ? (
        <p className="text-sm text-ink-soft">Ended ones are in the <Link to="/alerts/history" className="underline">history</Link>.</p>
      ) : (
        <ul className="flex flex-col gap-2 text-sm">
          {firing.slice(0, SHOWN).map(({ id, severity, rule, labels, startedAt, acknowledged, muted }) => (
            <li key={id} className="flex flex-wrap items-baseline gap-x-2">
              <Severity value={severity} />
              <Link to="/alerts/$alertId" params={{ alertId: id }} className="min-w-0 wrap-anywhere">
                {[rule.name, whereOf(labels, serving)].filter((part) => part !== '').join(', ')}
              </Link>
              <span className="text-xs text-ink-soft">
                {startedAt !== null && <Time at={startedAt} as="relative" />}
                {acknowledged !== null && ` · ${acknowledged.byName} looks after it`}
                {muted !== null && ` · ${muted.reason}`}
              </span>
            </li>
          ))}
          {firing.length > SHOWN && (
            <li>
              <Link to="/alerts" search={{ model }}>
                {firing.length - SHOWN} more
              </Link>
            </li>
          )}
        </ul>
      )}
    </Card>
  );
}
