import { type ReactNode } from 'react';
import { classNames } from './class-names.ts';

export interface Column<T> {
  readonly id: string;
  readonly header: ReactNode;
  readonly cell: (row: T) => ReactNode;
  /** Numbers stand at the right. */
  readonly align?: 'left' | 'right';
  /** It names the row. */
  readonly isRowHeader?: boolean;
  /** Left out on narrow screens. */
  readonly isSecondary?: boolean;
}

export interface DataTableProps<T> {
  /** Says what the table holds, to screen readers. */
  readonly caption: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly rowKey: (row: T) => string;
  readonly empty?: ReactNode;
  readonly footer?: ReactNode;
}

/** A table of at most some hundred rows. Longer lists: VirtualTable. */
export function DataTable<T>({ caption, columns, rows, rowKey, empty, footer }: DataTableProps<T>) {
  if (rows.length === 0 && empty !== undefined) return empty;
  return (
    <div className="overflow-x-auto" tabIndex={0} role="region" aria-label={caption}>
      <table className="w-full border-collapse text-sm">
        <caption className="sr-only">{caption}</caption>
        <thead>
          <tr className="border-b border-line">
            {columns.map(({ id, header, align, isSecondary }) => (
              <th key={id} scope="col" className={classNames('px-4 py-2 text-xs font-medium whitespace-nowrap text-ink-soft', align === 'right' ? 'text-right' : 'text-left', isSecondary && 'hidden lg:table-cell')}>
                {header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)} className="border-b border-line last:border-0 hover:bg-raised/50">
              {columns.map(({ id, cell, align, isRowHeader, isSecondary }) => {
                const name = classNames('px-4 py-2 align-top font-normal', align === 'right' ? 'text-right' : 'text-left', isSecondary && 'hidden lg:table-cell');
                return isRowHeader ? (
                  <th key={id} scope="row" className={name}>
                    {cell(row)}
                  </th>
                ) : (
                  <td key={id} className={name}>
                    {cell(row)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
      {footer}
    </div>
  );
}
