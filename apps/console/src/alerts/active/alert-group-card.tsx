import { Link } from '@tanstack/react-router';
import { Check } from 'lucide-react';
import { type Alert } from '../../api/gen/types.gen.ts';
import { ReleaseLink } from '../../releases/release-link.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { shortId } from '../../ui/format.ts';
import { Severity } from '../../ui/severity.tsx';
import { Time } from '../../ui/time.tsx';
import { placeText, textLabels } from '../parts/labels.ts';
import { useSignal, valueText } from '../parts/signals.ts';
import { MutedBadge, StateBadge } from '../parts/state-badge.tsx';
import { type AlertGroup } from './alert-groups.ts';

/** Alerts that belong together, each with where it is and who looks after it. */
export function AlertGroupCard({ group: { rule, signal, model, release, severity, alerts } }: { readonly group: AlertGroup }) {
  const facts = useSignal(signal);
  const columns: Column<Alert>[] = [
    {
      id: 'where', header: 'Where', isRowHeader: true,
      cell: ({ id, labels }) => (
        <Link to="/alerts/$alertId" params={{ alertId: id }} className="font-medium">
          {placeText(textLabels(labels))}
        </Link>
      ),
    },
    { id: 'severity', header: 'Severity', cell: (alert) => <Severity value={alert.severity} /> },
    { id: 'state', header: 'State', cell: ({ state }) => <StateBadge state={state} /> },
    { id: 'since', header: 'Since', cell: ({ since }) => <Time at={since} as="relative" /> },
    { id: 'value', header: 'Value now', align: 'right', cell: ({ value }) => <span title={facts?.definition}>{valueText(value, facts?.unit)}</span> },
    { id: 'care', header: 'Looked after', cell: (alert) => <Care alert={alert} /> },
  ];
  return (
    <Card
      isFlush
      title={
        <span className="flex flex-wrap items-center gap-2">
          <Severity value={severity} />
          <Link to="/alerts/rules/$ruleId" params={{ ruleId: rule.id }} className="text-ink">
            {rule.name}
          </Link>
          {model !== null && <span className="font-normal text-ink-soft">{model}</span>}
          {release !== null && <ReleaseLink releaseId={release} />}
        </span>
      }
      lead={facts === undefined ? undefined : `${facts.meaning}.`}
    >
      <DataTable caption={['Alerts of the rule', rule.name, model, release && shortId(release)].filter(Boolean).join(' ')} columns={columns} rows={alerts} rowKey={({ id }) => id} />
    </Card>
  );
}

function Care({ alert: { acknowledged, muted } }: { readonly alert: Alert }) {
  return (
    <span className="flex flex-wrap gap-1">
      {acknowledged !== null && (
        <Badge tone="ok" icon={<Check size={13} aria-hidden />} title={acknowledged.note ?? 'without a note'}>
          {acknowledged.byName}
        </Badge>
      )}
      <MutedBadge muted={muted} />
      {acknowledged === null && muted === null && <span className="text-ink-soft">nobody yet</span>}
    </span>
  );
}
