import { type AlertEpisode } from '../../api/gen/types.gen.ts';
import { Card } from '../../ui/card.tsx';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { formatDuration } from '../../ui/format.ts';
import { Severity } from '../../ui/severity.tsx';
import { Time } from '../../ui/time.tsx';
import { valueText } from '../parts/signals.ts';

const COLUMNS: readonly Column<AlertEpisode>[] = [
  { id: 'began', header: 'Began', isRowHeader: true, cell: ({ startedAt }) => <Time at={startedAt} /> },
  { id: 'ended', header: 'Ended', cell: ({ endedAt }) => (endedAt === null ? 'goes on' : <Time at={endedAt} />) },
  { id: 'lasted', header: 'Lasted', align: 'right', cell: ({ startedAt, endedAt }) => (endedAt === null ? '' : formatDuration(Date.parse(endedAt) - Date.parse(startedAt))) },
  { id: 'severity', header: 'Severity', cell: ({ severity }) => <Severity value={severity} /> },
  { id: 'effect', header: 'Effect', align: 'right', cell: ({ finding }) => (finding === null ? '' : valueText(finding.effect.value, finding.effect.unit)) },
  { id: 'told', header: 'Notifications', align: 'right', isSecondary: true, cell: ({ notifications }) => notifications },
];

/** Each time that this alert fired. */
export function Episodes({ episodes }: { readonly episodes: readonly AlertEpisode[] }) {
  return (
    <Card isFlush title="Each time it fired" lead="Newest first, at most 50.">
      <DataTable caption="Episodes of this alert" columns={COLUMNS} rows={episodes} rowKey={({ fingerprint }) => fingerprint} empty={<p className="px-4 pb-3 text-sm text-ink-soft">It has not fired yet.</p>} />
    </Card>
  );
}
