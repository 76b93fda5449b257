import { Table2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Button } from '../ui/button.tsx';
import { CsvButton } from '../ui/csv-button.tsx';
import { type CsvValue } from '../ui/csv.ts';
import { DataTable } from '../ui/data-table.tsx';

/** What a chart shows, as rows: the twin that needs no eyes. */
export interface ChartData {
  /** File name of the CSV, without its ending. */
  readonly name: string;
  readonly header: readonly string[];
  readonly rows: () => readonly (readonly CsvValue[])[];
}

/** Rows of the table twin; the CSV holds all. */
const TABLE_ROWS = 200;

/** A chart with its twin: the same figures as a table or a CSV file. `label` says in a sentence what the chart shows. */
export function ChartFrame({ label, data, children, actions }: { readonly label: string; readonly data: ChartData; readonly children: ReactNode; readonly actions?: ReactNode }) {
  const [isTable, setTable] = useState(false);
  return (
    <figure className="m-0 min-w-0" aria-label={label}>
      <div className="mb-1 flex items-center justify-end gap-1">
        {actions}
        <Button size="small" variant="quiet" aria-pressed={isTable} icon={<Table2 size={13} aria-hidden />} onClick={() => setTable(!isTable)}>
          {isTable ? 'Chart' : 'Table'}
        </Button>
        <CsvButton {...data} />
      </div>
      {isTable ? <Twin label={label} data={data} /> : children}
    </figure>
  );
}

function Twin({ label, data }: { readonly label: string; readonly data: ChartData }) {
  const all = data.rows();
  const rows = all.slice(0, TABLE_ROWS).map((cells, index) => ({ key: String(index), cells }));
  return (
    <div className="max-h-80 overflow-auto rounded border border-line">
      <DataTable
        caption={label}
        rows={rows}
        rowKey={({ key }) => key}
        columns={data.header.map((header, at) => ({ id: String(at), header, align: typeof all[0]?.[at] === 'number' ? ('right' as const) : ('left' as const), isRowHeader: at === 0, cell: ({ cells }: (typeof rows)[number]) => cells[at] ?? '' }))}
        footer={all.length > TABLE_ROWS ? <p className="p-2 text-xs text-ink-soft">The first {TABLE_ROWS} of {all.length} rows; the CSV has all.</p> : undefined}
      />
    </div>
  );
}
