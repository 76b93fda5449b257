import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { getAnswerChecksOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { type AnswerChecks, type ReleaseAnswerChecks } from '../api/gen/types.gen.ts';
import { ReleaseLink } from '../releases/release-link.tsx';
import { useWindow } from '../shell/scope.ts';
import { Badge } from '../ui/badge.tsx';
import { Card } from '../ui/card.tsx';
import { CsvButton } from '../ui/csv-button.tsx';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { formatCount, formatPercent } from '../ui/format.ts';
import { Loaded } from '../ui/states.tsx';
import { answerCheckRows, answerCheckStep } from './answer-check-rows.ts';

const COLUMNS: readonly Column<ReleaseAnswerChecks>[] = [
  { id: 'release', header: 'Release', isRowHeader: true, cell: ({ release }) => <ReleaseLink releaseId={release} /> },
  { id: 'requests', header: 'Requests', align: 'right', cell: ({ total }) => (total.withheld === undefined ? formatCount(total.requests) : `fewer than ${total.withheld.minRequests}`) },
  { id: 'valid', header: 'Valid', align: 'right', cell: ({ total: { valid, validShare } }) => valid !== undefined && `${formatCount(valid)} (${formatPercent(validShare)})` },
  { id: 'invalid', header: 'Invalid', align: 'right', cell: ({ total: { invalid } }) => invalid !== undefined && (invalid > 0 ? <Badge tone="bad">{formatCount(invalid)}</Badge> : '0') },
  { id: 'incomplete', header: 'Cut off', align: 'right', cell: ({ total: { incomplete } }) => incomplete !== undefined && (incomplete > 0 ? <Badge tone="warn">{formatCount(incomplete)}</Badge> : '0') },
];

/** Whether answers kept to the response formats that requests asked for, by release. */
export function AnswerChecksCard({ model }: { readonly model: string }) {
  const window = useWindow();
  const step = answerCheckStep(window);
  const query = useQuery({ ...getAnswerChecksOptions({ query: { model, from: window.from, to: window.to, step } }), placeholderData: keepPreviousData });
  const hasRows = query.data !== undefined && query.data.releases.length > 0;
  return (
    <Card
      isFlush={hasRows}
      title="Structured answers"
      lead="Answers to requests with a response_format, checked against it. Invalid: complete, and not what the schema asks for. Cut off: ended before the value did, for example at max_tokens. Counted by whole hours."
      actions={hasRows && <Csv checks={query.data} />}
    >
      <Loaded query={query} rows={2}>
        {({ releases }) =>
          releases.length === 0 ? (
            <p className="text-sm text-ink-soft">No request of this time asked for a response format. Send one with response_format json_schema or json_object, or choose a longer time.</p>
          ) : (
            <DataTable caption="Structured answers by release" columns={COLUMNS} rows={releases} rowKey={({ release }) => release} />
          )
        }
      </Loaded>
    </Card>
  );
}

function Csv({ checks }: { readonly checks: AnswerChecks }) {
  return <CsvButton name="answer-checks" header={['release', checks.step, 'requests', 'valid', 'invalid', 'cut off']} rows={() => answerCheckRows(checks)} />;
}
