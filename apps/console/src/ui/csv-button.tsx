import { Download } from 'lucide-react';
import { Button } from './button.tsx';
import { type CsvValue, toCsv } from './csv.ts';

/** Saves what a chart or table shows as a CSV file. */
export function CsvButton({ name, header, rows }: { readonly name: string; readonly header: readonly string[]; readonly rows: () => readonly (readonly CsvValue[])[] }) {
  const save = (): void => {
    const url = URL.createObjectURL(new Blob([toCsv(header, rows())], { type: 'text/csv' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = `${name}.csv`;
    link.click();
    URL.revokeObjectURL(url);
  };
  return (
    <Button size="small" variant="quiet" icon={<Download size={13} aria-hidden />} onClick={save}>
      CSV
    </Button>
  );
}
