import { Download } from 'lucide-react';
import { Button } from './button.tsx';
import { type CsvValue } from './csv.ts';
import { saveCsv } from './save-csv.ts';

/** Saves what a chart or table shows as a CSV file. */
export function CsvButton({ name, header, rows }: { readonly name: string; readonly header: readonly string[]; readonly rows: () => readonly (readonly CsvValue[])[] }) {
  return (
    <Button size="small" variant="quiet" icon={<Download size={13} aria-hidden />} onClick={() => saveCsv(name, header, rows())}>
      CSV
    </Button>
  );
}
