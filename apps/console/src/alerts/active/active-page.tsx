import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { ShieldCheck } from 'lucide-react';
import { listAlertsInfiniteOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type Alert } from '../../api/gen/types.gen.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button, ButtonLink } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { byCursor, itemsOf } from '../../ui/paged-table.tsx';
import { Empty, Failed, Loading } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { AlertsFrame } from '../parts/alerts-frame.tsx';
import { FilterBar, SEVERITIES, SEVERITY_FILTER } from '../parts/filter-bar.tsx';
import { type Filters, oneOf } from '../parts/filters.ts';
import { useSignals } from '../parts/signals.ts';
import { AlertGroupCard } from './alert-group-card.tsx';
import { groupAlerts, isWatchdog } from './alert-groups.ts';

const STATES = ['alerting', 'pending', 'recovering', 'no-data', 'error', 'normal'] as const;
const STATE_NAMES: Readonly<Record<(typeof STATES)[number], string>> = { alerting: 'firing', pending: 'pending', recovering: 'recovering', 'no-data': 'no data', error: 'error', normal: 'resolved within a day' };
const POLL_MS = 10_000;

/** Alerts that are not over, what belongs together in one place. */
export function ActivePage() {
  const { severity, signal, state, model } = useSearch({ strict: false }) as Filters & { readonly model?: string };
  const signals = useSignals();
  const query = { severity: oneOf(severity, SEVERITIES), state: oneOf(state, STATES), model, signal: signals?.find((one) => one.signal === signal)?.signal, limit: 200 };
  const alerts = useInfiniteQuery({ ...listAlertsInfiniteOptions({ query }), ...byCursor, refetchInterval: POLL_MS });
  const all = itemsOf(alerts.data);
  const groups = groupAlerts(all.filter((alert) => !isWatchdog(alert)));
  return (
    <AlertsFrame tab="Active">
      <div className="flex flex-wrap items-end justify-between gap-3">
        <FilterBar
          filters={[
            SEVERITY_FILTER,
            { name: 'state', label: 'State', all: 'All that go on', choices: STATES.map((value) => ({ value, label: STATE_NAMES[value] })) },
            { name: 'signal', label: 'Signal', all: 'Any', choices: (signals ?? []).map((one) => ({ value: one.signal, label: one.signal })) },
          ]}
        />
        <Counts alerts={all} />
      </div>
      {alerts.error !== null && <Failed error={alerts.error} onRetry={() => void alerts.refetch()} />}
      {alerts.data === undefined && alerts.error === null && <Loading rows={6} />}
      {alerts.data !== undefined && groups.length === 0 && (
        <Card>
          <Empty title="Nothing fires" action={<ButtonLink to="/alerts/history" size="small">Look at what fired before</ButtonLink>}>
            {severity !== undefined || state !== undefined || signal !== undefined || model !== undefined ? 'No alert matches these filters.' : 'No rule finds anything out of order. Detection tells what is watched, and against which baseline.'}
          </Empty>
        </Card>
      )}
      {groups.map((group) => (
        <AlertGroupCard key={group.key} group={group} />
      ))}
      {alerts.hasNextPage && (
        <Button size="small" variant="quiet" onClick={() => void alerts.fetchNextPage()}>
          Show more
        </Button>
      )}
      <Watchdog alerts={all} />
    </AlertsFrame>
  );
}

function Counts({ alerts }: { readonly alerts: readonly Alert[] }) {
  const count = (of: Alert['severity']): number => alerts.filter((alert) => alert.severity === of && !isWatchdog(alert)).length;
  return (
    <p className="flex gap-2 text-xs text-ink-soft" aria-live="polite">
      <Badge tone={count('critical') > 0 ? 'bad' : 'neutral'}>{count('critical')} critical</Badge>
      <Badge tone={count('warning') > 0 ? 'warn' : 'neutral'}>{count('warning')} warning</Badge>
      <Badge tone={count('info') > 0 ? 'info' : 'neutral'}>{count('info')} info</Badge>
    </p>
  );
}

function Watchdog({ alerts }: { readonly alerts: readonly Alert[] }) {
  const found = alerts.find(isWatchdog);
  if (found === undefined) return null;
  return (
    <p className="flex items-center gap-2 text-xs text-ink-soft">
      <ShieldCheck size={14} aria-hidden className="text-ok" />
      <span>
        Rules are evaluated: the{' '}
        <Link to="/alerts/$alertId" params={{ alertId: found.id }} className="underline">
          Watchdog
        </Link>{' '}
        always fires, since <Time at={found.since} />.
      </span>
    </p>
  );
}
