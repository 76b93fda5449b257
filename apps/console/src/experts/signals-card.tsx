import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { listAlertsOptions, listReadingsOptions, listSignalsOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { type Alert, type Reading } from '../api/gen/types.gen.ts';
import { useMe } from '../session/session.ts';
import { Badge } from '../ui/badge.tsx';
import { Card } from '../ui/card.tsx';
import { DataTable } from '../ui/data-table.tsx';
import { formatNumber } from '../ui/format.ts';
import { Severity } from '../ui/severity.tsx';
import { Empty, Loaded } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { isAbout } from './expert-figures.ts';
import { type Place } from './place.ts';

const LIMIT = 200;

/** What detectors say of the expert now, and alerts about it that are open. */
export function SignalsCard({ place }: { readonly place: Place }) {
  const { model, layer, expert } = place;
  const isBound = useMe()?.tenant !== null;
  const alerts = useQuery({ ...listAlertsOptions({ query: { model, limit: LIMIT } }), enabled: !isBound });
  const readings = useQuery({ ...listReadingsOptions({ query: { model, layer, limit: LIMIT } }), enabled: !isBound });
  if (isBound) return null;
  return (
    <Card title="Alerts and readings" lead="Open alerts about it, and the newest reading of each signal that is about it or names it." isFlush>
      <Loaded query={alerts} rows={2}>{({ items }) => <Alerts alerts={items.filter(({ labels }) => isAbout(labels, layer, expert))} />}</Loaded>
      <Loaded query={readings} rows={3}>{({ items }) => <Readings readings={items.filter((reading) => isAbout(reading.labels, layer, expert) || reading.experts.some((one) => one.expert === expert))} expert={expert} />}</Loaded>
    </Card>
  );
}

function Alerts({ alerts }: { readonly alerts: readonly Alert[] }) {
  if (alerts.length === 0) return <p className="px-4 py-2 text-sm text-ink-soft">No alert about it is open.</p>;
  return (
    <ul className="flex flex-col gap-1.5 px-4 py-2 text-sm">
      {alerts.map(({ id, severity, rule, since, state }) => (
        <li key={id} className="flex flex-wrap items-center gap-2">
          <Severity value={severity} />
          <Link to="/alerts/$alertId" params={{ alertId: id }} className="font-medium">
            {rule.name}
          </Link>
          <span className="text-xs text-ink-soft">
            {state} since <Time at={since} as="relative" />
          </span>
        </li>
      ))}
    </ul>
  );
}

function Readings({ readings, expert }: { readonly readings: readonly Reading[]; readonly expert: number }) {
  const { data: signals } = useQuery({ ...listSignalsOptions(), staleTime: Infinity });
  const unitOf = (signal: string): string => signals?.items.find((one) => one.signal === signal)?.unit ?? '';
  const rows = readings.map((reading, at) => ({ ...reading, key: `${reading.signal} ${at}` }));
  return (
    <DataTable
      caption="Readings about the expert"
      rows={rows}
      rowKey={({ key }) => key}
      empty={<Empty title="No detector speaks of it">Signals of single experts need traffic, and most a baseline. Those of the whole layer are on the routing map and under Alerts.</Empty>}
      columns={[
        {
          id: 'signal',
          header: 'Signal',
          isRowHeader: true,
          cell: ({ signal, experts }) => (
            <span title={signals?.items.find((one) => one.signal === signal)?.definition}>
              {signal} {experts.some((one) => one.expert === expert) && <Badge>names it</Badge>}
            </span>
          ),
        },
        { id: 'value', header: 'Value', align: 'right', cell: ({ value, signal }) => (value === null ? 'none' : `${formatNumber(value)} ${unitOf(signal)}`) },
        { id: 'interval', header: '95 % interval', align: 'right', isSecondary: true, cell: ({ interval }) => (interval === null ? 'none' : `${formatNumber(interval.low)} to ${formatNumber(interval.high)}`) },
        { id: 'alarm', header: 'Test', cell: ({ alarm }) => (alarm === null ? 'by limit' : alarm ? <Badge tone="bad">alarm</Badge> : <Badge tone="ok">quiet</Badge>) },
        { id: 'at', header: 'As of', cell: ({ at }) => <Time at={at} as="relative" /> },
      ]}
    />
  );
}
