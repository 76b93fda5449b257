import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { listAlertEpisodesInfiniteOptions, listAlertRulesOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type AlertEpisode } from '../../api/gen/types.gen.ts';
import { Card } from '../../ui/card.tsx';
import { type Column } from '../../ui/data-table.tsx';
import { formatDuration } from '../../ui/format.ts';
import { byCursor, PagedTable } from '../../ui/paged-table.tsx';
import { Severity } from '../../ui/severity.tsx';
import { Empty } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { AlertsFrame } from '../parts/alerts-frame.tsx';
import { FilterBar, SEVERITIES, SEVERITY_FILTER } from '../parts/filter-bar.tsx';
import { type Filters, oneOf } from '../parts/filters.ts';
import { placeText, textLabels } from '../parts/labels.ts';
import { useSignals } from '../parts/signals.ts';

/** Each time that an alert fired. */
export function HistoryPage() {
  const { severity, signal, rule, model } = useSearch({ strict: false }) as Filters & { readonly model?: string };
  const signals = useSignals();
  const rules = useQuery(listAlertRulesOptions({ query: { limit: 200 } })).data?.items ?? [];
  const query = { severity: oneOf(severity, SEVERITIES), model, rule, signal: signals?.find((one) => one.signal === signal)?.signal };
  const episodes = useInfiniteQuery({ ...listAlertEpisodesInfiniteOptions({ query }), ...byCursor });
  return (
    <AlertsFrame tab="History">
      <FilterBar
        filters={[
          SEVERITY_FILTER,
          { name: 'signal', label: 'Signal', all: 'Any', choices: (signals ?? []).map((one) => ({ value: one.signal, label: one.signal })) },
          { name: 'rule', label: 'Rule', all: 'Any', choices: rules.map(({ id, name }) => ({ value: id, label: name })) },
        ]}
      />
      <Card isFlush title="Episodes" lead="Newest first.">
        <PagedTable caption="Episodes of alerts" query={episodes} columns={COLUMNS} rowKey={({ fingerprint }) => fingerprint} empty={<Empty title="Nothing has fired">No alert fired that matches these filters.</Empty>} />
      </Card>
    </AlertsFrame>
  );
}

const COLUMNS: readonly Column<AlertEpisode>[] = [
  {
    id: 'what', header: 'Alert', isRowHeader: true,
    cell: ({ alertId, rule, labels, finding }) => (
      <div className="max-w-xl">
        <Link to="/alerts/$alertId" params={{ alertId }} className="font-medium">
          {rule.name}
        </Link>{' '}
        <span className="text-ink-soft">
          {textLabels(labels)['model'] ?? ''} {placeText(textLabels(labels))}
        </span>
        {finding !== null && <p className="line-clamp-2 text-xs text-ink-soft wrap-anywhere" title={finding.summary}>{finding.summary}</p>}
      </div>
    ),
  },
  { id: 'severity', header: 'Severity', cell: ({ severity }) => <Severity value={severity} /> },
  { id: 'began', header: 'Began', cell: ({ startedAt }) => <Time at={startedAt} /> },
  { id: 'lasted', header: 'Lasted', align: 'right', cell: ({ startedAt, endedAt }) => (endedAt === null ? 'goes on' : formatDuration(Date.parse(endedAt) - Date.parse(startedAt))) },
  { id: 'told', header: 'Notifications', align: 'right', isSecondary: true, cell: ({ notifications }) => notifications },
  { id: 'by', header: 'Acknowledged', isSecondary: true, cell: ({ acknowledged }) => acknowledged?.byName ?? 'no' },
];
