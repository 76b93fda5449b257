interface At {
  readonly row: number;
  readonly column: number;
}

export interface KeyStroke {
  readonly key: string;
  readonly ctrlKey: boolean;
}

/** Where a key leads in a grid (WAI-ARIA 1.2, grid pattern); null for keys that move nothing. */
export function moveInGrid({ row, column }: At, { key, ctrlKey }: KeyStroke, size: { readonly rows: number; readonly columns: number; readonly pageRows: number }): At | null {
  const last = { row: size.rows - 1, column: size.columns - 1 };
  const to = (nextRow: number, nextColumn: number): At => ({ row: Math.min(last.row, Math.max(0, nextRow)), column: Math.min(last.column, Math.max(0, nextColumn)) });
  switch (key) {
    case 'ArrowLeft':
      return to(row, column - 1);
    case 'ArrowRight':
      return to(row, column + 1);
    case 'ArrowUp':
      return to(row - 1, column);
    case 'ArrowDown':
      return to(row + 1, column);
    case 'Home':
      return to(ctrlKey ? 0 : row, 0);
    case 'End':
      return to(ctrlKey ? last.row : row, last.column);
    case 'PageUp':
      return to(row - size.pageRows, column);
    case 'PageDown':
      return to(row + size.pageRows, column);
    default:
      return null;
  }
}
