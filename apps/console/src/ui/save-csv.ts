import { type CsvValue, toCsv } from './csv.ts';

/** Has the browser save rows as a CSV file; `name` without its ending. */
export function saveCsv(name: string, header: readonly string[], rows: readonly (readonly CsvValue[])[]): void {
  const url = URL.createObjectURL(new Blob([toCsv(header, rows)], { type: 'text/csv' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `${name}.csv`;
  link.click();
  URL.revokeObjectURL(url);
}
