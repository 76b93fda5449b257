import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, memo, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { classNames } from './class-names.ts';
import { type Column } from './data-table.tsx';
import { rowAfter } from './row-movement.ts';

export interface VirtualColumn<T> extends Omit<Column<T>, 'isSecondary'> {
  /** A track of a CSS grid, such as `8rem` or `minmax(6rem, 1fr)`. */
  readonly width: string;
}

interface VirtualTableProps<T> {
  /** Says what the table holds, to screen readers. */
  readonly caption: string;
  readonly columns: readonly VirtualColumn<T>[];
  readonly rows: readonly T[];
  readonly rowKey: (row: T) => string;
  /** All rows there are, loaded or not; null where nobody knows. */
  readonly rowCount: number | null;
  /** Enter on a row, or a click; links within rows are for the mouse and for opening in another tab. */
  readonly onOpen?: (row: T) => void;
  /** Called when the rows are nearly at their end and more may be loaded. */
  readonly onNearEnd?: () => void;
  /** What stands below the last row: that more is coming, or why not. */
  readonly footer?: ReactNode;
  /** Where one was in the table of this name is kept while the page lives, for when one comes back. */
  readonly placeKey?: string;
  /** A CSS length. Give functions and columns that stay the same from render to render, so that rows need not. */
  readonly height?: string;
  /** The table scrolls sideways below this width, a CSS length. */
  readonly minWidth?: string;
}

const ROW_PX = 36;
const OVERSCAN_ROWS = 12;
/** How far ahead of the view more is asked for. */
const NEAR_END_ROWS = 100;

interface Place {
  readonly offsetPx: number;
  readonly chosen: Chosen | null;
}

const MAX_PLACES = 50;
const places = new Map<string, Place>();

function keepPlace(key: string, place: Place): void {
  places.delete(key);
  places.set(key, place);
  const [oldest] = places.keys();
  if (places.size > MAX_PLACES && oldest !== undefined) places.delete(oldest);
}

/** A table of any length: only the rows in view are in the page. Arrows, Page Up and Down, Home and End go through it, Enter opens a row. */
export function VirtualTable<T>({ caption, columns, rows, rowKey, rowCount, onOpen, onNearEnd, footer, placeKey = '', height = '32rem', minWidth = '0' }: VirtualTableProps<T>) {
  const id = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const [chosen, setChosen] = useState<Chosen | null>(() => places.get(placeKey)?.chosen ?? null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN_ROWS,
    initialOffset: () => places.get(placeKey)?.offsetPx ?? 0,
    // The header covers the top of what is in view.
    scrollPaddingStart: ROW_PX,
  });
  const items = virtual.getVirtualItems();
  const lastShown = items.at(-1)?.index ?? -1;
  const isNearEnd = lastShown >= rows.length - NEAR_END_ROWS;
  useEffect(() => {
    if (isNearEnd) onNearEnd?.();
  }, [isNearEnd, rows.length, onNearEnd]);

  const place = useRef<Place>(null);
  useEffect(() => {
    place.current = { offsetPx: virtual.scrollOffset ?? 0, chosen };
  });
  useEffect(() => () => void (placeKey !== '' && place.current !== null && keepPlace(placeKey, place.current)), [placeKey]);

  const active = chosen === null ? -1 : indexOf(chosen, rows, rowKey);
  const choose = (index: number): void => setChosen({ index, key: rowKey(rows[index]!) });
  const move = (event: KeyboardEvent): void => {
    if (event.target !== event.currentTarget || event.altKey || event.ctrlKey || event.metaKey) return;
    const row = rows[active];
    if (event.key === 'Enter' && row !== undefined) {
      onOpen?.(row);
      return;
    }
    const next = rowAfter(event.key, active, { rows: rows.length, page: Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW_PX) - 2) });
    if (next === null) return;
    event.preventDefault();
    choose(next);
    virtual.scrollToIndex(next);
  };
  const tracks = columns.map(({ width }) => width).join(' ');
  const isActiveShown = items.some(({ index }) => index === active);
  return (
    <div
      ref={scroller}
      role="grid"
      tabIndex={0}
      aria-label={caption}
      aria-rowcount={rowCount === null ? -1 : rowCount + 1}
      aria-colcount={columns.length}
      aria-activedescendant={isActiveShown ? `${id}-${active}` : undefined}
      className="relative overflow-auto text-sm -outline-offset-2"
      style={{ maxHeight: height, contain: 'strict', height: `min(${height}, ${(rows.length + 1) * ROW_PX + 56}px)` }}
      onKeyDown={move}
      onFocus={(event) => event.target === event.currentTarget && active === -1 && rows.length > 0 && choose(items.find(({ start }) => start >= (virtual.scrollOffset ?? 0))?.index ?? 0)}
    >
      <div role="rowgroup" className="sticky top-0 z-10 border-b border-line bg-surface" style={{ minWidth }}>
        <div role="row" aria-rowindex={1} className="grid items-center" style={{ gridTemplateColumns: tracks, height: ROW_PX }}>
          {columns.map(({ id: column, header, align }, at) => (
            <div key={column} role="columnheader" aria-colindex={at + 1} className={classNames('truncate px-3 text-xs font-medium text-ink-soft', align === 'right' && 'text-right')}>
              {header}
            </div>
          ))}
        </div>
      </div>
      <div role="rowgroup" className="relative" style={{ minWidth, height: virtual.getTotalSize() }}>
        {items.map(({ index, start }) => (
          <MemoRow key={rowKey(rows[index]!)} id={`${id}-${index}`} index={index} row={rows[index]!} rowKey={rowKey} columns={columns} isActive={index === active} tracks={tracks} startPx={start} onOpen={onOpen} onChoose={setChosen} />
        ))}
      </div>
      {footer !== undefined && (
        <div role="rowgroup" className="sticky left-0">
          <div role="row" aria-rowindex={rows.length + 2}>
            <div role="gridcell" aria-colspan={columns.length} className="px-3 py-3 text-center text-xs text-ink-soft">
              {footer}
            </div>
          </div>
        </div>
      )}
    </div>
  );
}

interface Chosen {
  readonly index: number;
  readonly key: string;
}

/** Where the chosen row is now: rows may have come before it. */
function indexOf<T>({ index, key }: Chosen, rows: readonly T[], rowKey: (row: T) => string): number {
  const row = rows[index];
  return row !== undefined && rowKey(row) === key ? index : rows.findIndex((one) => rowKey(one) === key);
}

interface RowProps<T> {
  readonly id: string;
  readonly index: number;
  readonly row: T;
  readonly rowKey: (row: T) => string;
  readonly columns: readonly VirtualColumn<T>[];
  readonly isActive: boolean;
  readonly tracks: string;
  readonly startPx: number;
  readonly onOpen: ((row: T) => void) | undefined;
  readonly onChoose: (chosen: Chosen) => void;
}

// Scrolling renders the table again, but of its rows only those that came into view.
const MemoRow = memo(Row) as typeof Row;

function Row<T>({ id, index, row, rowKey, columns, isActive, tracks, startPx, onOpen, onChoose }: RowProps<T>) {
  return (
    <div
      id={id}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isActive}
      className={classNames('absolute inset-x-0 top-0 grid items-center border-b border-line hover:bg-raised/60', isActive && 'bg-accent-soft outline-1 -outline-offset-1 outline-accent', onOpen && 'cursor-pointer')}
      style={{ gridTemplateColumns: tracks, height: ROW_PX, transform: `translateY(${startPx}px)` }}
      onClick={(event) => {
        onChoose({ index, key: rowKey(row) });
        // A click on a link does what links do, and text that is being marked is not opened.
        if (!event.defaultPrevented && !(event.target as Element).closest('a, button') && getSelection()?.isCollapsed !== false) onOpen?.(row);
      }}
    >
      {columns.map(({ id: column, cell, align, isRowHeader }, at) => (
        <div key={column} role={isRowHeader ? 'rowheader' : 'gridcell'} aria-colindex={at + 1} className={classNames('truncate px-3 tabular-nums', align === 'right' && 'text-right')}>
          {cell(row)}
        </div>
      ))}
    </div>
  );
}
