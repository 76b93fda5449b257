import { Card } from '../../ui/card.tsx';
import { CsvButton } from '../../ui/csv-button.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { type Estimate, inWords } from '../result/fields.ts';
import { inUnit } from '../run-words.ts';
import { formatP } from './direction.ts';
import { type Metric } from './suite-result.ts';

const SHOWN = 200;

/** Every metric of every task and slice, as a table. */
export function MetricsCard({ title, lead, name, metrics }: { readonly title: string; readonly lead: string; readonly name: string; readonly metrics: readonly Metric[] }) {
  const rows = metrics.slice(0, SHOWN).map((metric, at) => ({ ...metric, key: String(at) }));
  return (
    <Card title={title} lead={lead} isFlush actions={<CsvButton name={name} header={HEADER} rows={() => metrics.map(csvRow)} />}>
      <DataTable
        caption={`${title}: metrics of all tasks and slices`}
        rows={rows}
        rowKey={({ key }) => key}
        columns={[
          {
            id: 'metric', header: 'Metric', isRowHeader: true,
            cell: ({ task, name: metric, slice }) => (
              <div className="min-w-36">
                <p className="font-medium wrap-anywhere">{inWords(metric)}</p>
                <p className="text-xs wrap-anywhere text-ink-soft">
                  {task} · {slice ?? 'all items'}
                </p>
              </div>
            ),
          },
          { id: 'candidate', header: 'Candidate', align: 'right', cell: ({ candidate, unit }) => <Value estimate={candidate} unit={unit} /> },
          { id: 'reference', header: 'Reference', align: 'right', cell: ({ reference, unit }) => <Value estimate={reference} unit={unit} /> },
          { id: 'p', header: 'p, adjusted', align: 'right', isSecondary: true, cell: ({ difference }) => (difference === null ? '' : formatP(difference.pAdjusted)) },
          { id: 'n', header: 'Items', align: 'right', isSecondary: true, cell: ({ candidate }) => candidate?.n ?? '' },
        ]}
        footer={metrics.length > SHOWN ? <p className="p-2 text-xs text-ink-soft">The first {SHOWN} of {metrics.length} figures; the CSV has all.</p> : undefined}
      />
    </Card>
  );
}

function Value({ estimate, unit }: { readonly estimate: Estimate | null; readonly unit: string }) {
  if (estimate === null) return <span className="text-ink-soft">none</span>;
  const { value, low, high } = estimate;
  return (
    <>
      <span className="block font-medium whitespace-nowrap">{inUnit(value, unit)}</span>
      {low !== null && high !== null && (
        <span className="block text-xs whitespace-nowrap text-ink-soft">
          {inUnit(low, unit)} to {inUnit(high, unit)}
        </span>
      )}
    </>
  );
}

const HEADER = ['task', 'metric', 'unit', 'slice', 'better', 'candidate', 'candidate low', 'candidate high', 'items', 'reference', 'reference low', 'reference high', 'difference', 'difference low', 'difference high', 'p', 'p adjusted'];

function csvRow({ task, name, unit, slice, better, candidate, reference, difference }: Metric) {
  return [
    task, name, unit, slice, better, candidate?.value, candidate?.low, candidate?.high, candidate?.n, reference?.value, reference?.low, reference?.high,
    difference?.value, difference?.low, difference?.high, difference?.p, difference?.pAdjusted,
  ];
}
