/** Text that cannot move the cursor or change colours: control characters are spelled out. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    if (character === '\n') return '\\n';
    if (character === '\t') return '\\t';
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
  });
}

/** Cut to a width, with an ellipsis where something is missing. */
export function fit(text: string, width: number): string {
  const letters = [...text];
  return letters.length <= width ? text.padEnd(width + (text.length - letters.length)) : `${letters.slice(0, width - 1).join('')}…`;
}

/** Columns set apart by two blanks; numbers go to the right. */
export function table(header: readonly string[], rows: readonly (readonly string[])[], rightFrom = 1): string {
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells.map((cell, column) => (column >= rightFrom ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0))).join('  ').trimEnd();
  return [line(header), ...rows.map(line)].join('\n');
}

/** A table whose digests are cut to their first 12 digits where it would not fit a terminal; files and pipes get them whole. */
export function digestTable({ isTty, columns }: { readonly isTty: boolean; readonly columns: number }, header: readonly string[], rows: readonly (readonly string[])[], rightFrom: number): string {
  const whole = table(header, rows, rightFrom);
  if (!isTty || whole.split('\n').every((one) => one.length <= columns)) return whole;
  return table(header, rows.map((row) => row.map((cell) => cell.replaceAll(/\b[0-9a-f]{64}\b/g, (digest) => digest.slice(0, 12)))), rightFrom);
}

/** A field of a CSV line (RFC 4180). A leading = + - @ would be a formula in a spreadsheet, so it is quoted away. */
export function csvField(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function bytes(count: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, count > 0 ? Math.floor(Math.log2(count) / 10) : 0);
  return `${(count / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}
