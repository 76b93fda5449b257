import { Minus, Plus } from 'lucide-react';
import { type KeyboardEvent, type PointerEvent, useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { cssColour, useTheme } from '../../charts/css-colour.ts';
import { Button } from '../../ui/button.tsx';
import { type CellAt, type HeatmapCells } from './cells.ts';
import { type CellWords, cellText } from './cell-text.ts';
import { moveInGrid } from './keys.ts';
import { type ColumnOrder, hitTest, layoutGrid, type Layout, scrollTo } from './layout.ts';
import { Painter, type Colours } from './painter.ts';
import { palette } from './scale.ts';
import { Tooltip } from './tooltip.tsx';

export interface HeatmapProps {
  /** Names the grid. */
  readonly label: string;
  readonly cells: HeatmapCells;
  readonly order: ColumnOrder;
  readonly words: CellWords;
  /** End of the colour scale, log2. */
  readonly limit: number;
  readonly figure?: 'share' | 'ratio';
  /** Layer that is shown in detail. */
  readonly layer?: number | null;
  readonly onLayer?: (layer: number) => void;
  /** Opens an expert: by click or Enter. */
  readonly onOpen: (layer: number, expert: number) => void;
}

const ZOOMS = [1, 1.5, 2, 3, 4, 6, 8];

/**
 * Layer by expert, on a canvas. To assistive technology it is a grid of which one cell is there at a time: the
 * active one, named by aria-activedescendant and read out as it changes. Its twin is a table.
 */
export function Heatmap({ label, cells, order, words, limit, figure = 'share', layer = null, onLayer, onOpen }: HeatmapProps) {
  const id = useId();
  const frame = useRef<HTMLDivElement>(null);
  const view = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const painter = useRef<Painter | null>(null);
  const [widthPx, setWidthPx] = useState(0);
  const [zoomAt, setZoomAt] = useState(0);
  const [pointed, setPointed] = useState<CellAt | null>(null);
  const [active, setActive] = useState<CellAt>({ row: 0, expert: order.expertAt(0, 0) });
  const [isFocused, setFocused] = useState(false);
  const theme = useTheme();
  const rows = cells.layers.length;
  const layout = useMemo(() => layoutGrid({ rows, columns: cells.experts }, widthPx, ZOOMS[zoomAt]!), [rows, cells.experts, widthPx, zoomAt]);
  // oxlint-disable-next-line react/exhaustive-deps -- the theme decides what the colours are
  const colours = useMemo(readColours, [theme]);
  const shown = active.row < rows && active.expert < cells.experts ? active : { row: 0, expert: 0 };
  const focused = isFocused ? shown : null;
  const row = layer === null ? null : cells.layers.indexOf(layer);

  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => entry && setWidthPx(Math.floor(entry.contentRect.width)));
    if (frame.current) observer.observe(frame.current);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (!canvas.current) return;
    const own = new Painter(canvas.current);
    painter.current = own;
    return () => own.stop();
  }, []);
  useEffect(() => {
    if (widthPx > 0) painter.current?.show({ cells, layout, order, limit, colours, figure });
  }, [cells, layout, order, limit, colours, figure, widthPx]);
  useEffect(() => {
    if (widthPx > 0) painter.current?.mark({ pointed, focused, row });
  }, [pointed, focused, row, layout, order, widthPx]);

  const scroll = () => ({ left: view.current?.scrollLeft ?? 0, top: view.current?.scrollTop ?? 0 });
  const cellUnder = (event: PointerEvent | React.MouseEvent) => {
    const box = canvas.current!.getBoundingClientRect();
    return hitTest(layout, event.clientX - box.left, event.clientY - box.top, scroll());
  };
  const point = (event: PointerEvent): void => {
    const hit = cellUnder(event);
    const next = hit?.kind === 'cell' ? { row: hit.row, expert: order.expertAt(hit.row, hit.column) } : null;
    if (next?.row !== pointed?.row || next?.expert !== pointed?.expert) setPointed(next);
    view.current!.style.cursor = hit === null ? 'default' : 'pointer';
  };
  const open = ({ row: at, expert }: CellAt): void => onOpen(cells.layers[at]!, expert);
  const press = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') open(shown);
    else if (event.key === ' ') onLayer?.(cells.layers[shown.row]!);
    else {
      const page = Math.max(1, Math.floor((layout.heightPx - layout.headPx) / layout.pitchY) - 1);
      const next = moveInGrid({ row: shown.row, column: order.columnOf(shown) }, event, { rows, columns: cells.experts, pageRows: Math.min(page, 10) });
      if (next === null) return;
      setActive({ row: next.row, expert: order.expertAt(next.row, next.column) });
      const { left, top } = scrollTo(layout, next, scroll());
      view.current?.scrollTo(left, top);
    }
    event.preventDefault();
  };
  const marked = pointed ?? focused;
  const text = cellText(cells, shown, words);
  return (
    <div ref={frame} className="relative min-w-0">
      <div
        ref={view}
        role="grid"
        aria-label={`${label}. Arrow keys move, Enter opens the expert${onLayer ? ', Space shows the layer' : ''}.`}
        aria-rowcount={rows}
        aria-colcount={cells.experts}
        aria-activedescendant={`${id}-${shown.row}-${shown.expert}`}
        tabIndex={0}
        className="max-w-full overflow-auto overscroll-x-contain rounded-sm"
        style={{ maxHeight: layout.heightPx, width: layout.widthPx }}
        onScroll={() => painter.current?.scrollTo(scroll())}
        onPointerMove={point}
        onPointerLeave={() => setPointed(null)}
        onClick={(event) => {
          const hit = cellUnder(event);
          if (hit?.kind === 'row') onLayer?.(cells.layers[hit.row]!);
          if (hit?.kind === 'cell') open({ row: hit.row, expert: order.expertAt(hit.row, hit.column) });
        }}
        onFocus={() => setFocused(view.current?.matches(':focus-visible') ?? true)}
        onBlur={() => setFocused(false)}
        onKeyDown={press}
      >
        <div aria-hidden style={{ width: layout.contentWidthPx, height: layout.contentHeightPx }}>
          <canvas ref={canvas} className="sticky top-0 left-0 block" style={{ width: layout.widthPx, height: layout.heightPx }} />
        </div>
        <div role="row" aria-rowindex={shown.row + 1} className="sr-only">
          <div role="gridcell" id={`${id}-${shown.row}-${shown.expert}`} aria-colindex={order.columnOf(shown) + 1}>
            {text.name}
          </div>
        </div>
      </div>
      <p role="status" className="sr-only">
        {isFocused ? `${text.name}: ${text.figure}` : ''}
      </p>
      {marked !== null && <Tooltip {...cellText(cells, marked, words)} at={anchorOf(layout, { row: marked.row, column: order.columnOf(marked) }, scroll())} widthPx={layout.widthPx} />}
      {canZoom(layout, zoomAt) && (
        <div className="mt-1 flex justify-end gap-1">
          <Button size="small" variant="quiet" aria-label="Zoom out" disabled={zoomAt === 0} icon={<Minus size={13} aria-hidden />} onClick={() => setZoomAt(zoomAt - 1)} />
          <Button size="small" variant="quiet" aria-label="Zoom in" disabled={zoomAt === ZOOMS.length - 1} icon={<Plus size={13} aria-hidden />} onClick={() => setZoomAt(zoomAt + 1)} />
        </div>
      )}
    </div>
  );
}

/** Where cells are large anyway, larger ones tell no more. */
function canZoom({ pitchX }: Layout, zoomAt: number): boolean {
  return zoomAt > 0 || pitchX < 24;
}

function anchorOf({ gutterPx, headPx, pitchX, pitchY }: Layout, { row, column }: { readonly row: number; readonly column: number }, { left, top }: { readonly left: number; readonly top: number }) {
  return { x: gutterPx + (column + 0.5) * pitchX - left, y: headPx + row * pitchY - top, heightPx: pitchY };
}

function readColours(): Colours {
  return {
    shades: palette(cssColour('--under'), cssColour('--even'), cssColour('--over')),
    ground: cssColour('--surface'),
    raised: cssColour('--raised'),
    line: cssColour('--line'),
    ink: cssColour('--ink'),
    inkSoft: cssColour('--ink-soft'),
    accent: cssColour('--accent'),
  };
}
