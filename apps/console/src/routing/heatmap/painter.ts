import { type CellAt, type HeatmapCells } from './cells.ts';
import { BY_INDEX, type ColumnOrder, labelStep, type Layout, type Scroll, visibleRange } from './layout.ts';
import { ratioText, type Shade, shadeOf } from './scale.ts';

export interface Colours {
  readonly shades: readonly Shade[];
  readonly ground: string;
  readonly raised: string;
  readonly line: string;
  readonly ink: string;
  readonly inkSoft: string;
  readonly accent: string;
}

/** All that decides what the canvas looks like, besides where it is scrolled to and what is marked. */
export interface Scene {
  readonly cells: HeatmapCells;
  readonly layout: Layout;
  readonly order: ColumnOrder;
  /** End of the scale, log2. */
  readonly limit: number;
  /** What stands in cells with room for it: the share, or its ratio to the reference. */
  readonly figure: 'share' | 'ratio';
  readonly colours: Colours;
}

export interface Marks {
  readonly pointed: CellAt | null;
  readonly focused: CellAt | null;
  /** Row whose layer is shown in detail. */
  readonly row: number | null;
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const FONT = '"Inter Variable", system-ui, sans-serif';
/** How far the frame of a marked cell reaches beyond it. */
const FRAME_PX = 4;
const LABEL_HEIGHT_PX = 15;
const MIN_TEXT_WIDTH_PX = 46;
const MIN_TEXT_HEIGHT_PX = 22;

/** Draws a map on one canvas. Marks repaint only the cells around them; all is drawn at most once a frame. */
export class Painter {
  readonly #context: CanvasRenderingContext2D;
  #scene: Scene | null = null;
  #scroll: Scroll = { left: 0, top: 0 };
  #marks: Marks = { pointed: null, focused: null, row: null };
  #dirty: Box[] = [];
  #frame: number | null = null;

  constructor(private readonly canvas: HTMLCanvasElement) {
    const context = canvas.getContext('2d', { alpha: false });
    if (!context) throw new Error('this browser draws no canvas');
    this.#context = context;
  }

  show(scene: Scene): void {
    this.#scene = scene;
    this.#repaintAll();
  }

  scrollTo(scroll: Scroll): void {
    this.#scroll = scroll;
    this.#repaintAll();
  }

  mark(marks: Marks): void {
    const before = this.#marks;
    this.#marks = marks;
    if (before.row !== marks.row) this.#repaintAll();
    for (const cell of [before.pointed, before.focused, marks.pointed, marks.focused]) if (cell) this.#repaint(grown(this.#boxOf(cell), FRAME_PX));
  }

  stop(): void {
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    this.#frame = null;
  }

  #repaintAll(): void {
    const { layout } = this.#scene ?? {};
    if (layout) this.#repaint({ x: 0, y: 0, width: layout.widthPx, height: layout.heightPx });
  }

  #repaint(box: Box): void {
    this.#dirty.push(box);
    this.#frame ??= requestAnimationFrame(() => this.#paint());
  }

  #paint(): void {
    this.#frame = null;
    const scene = this.#scene;
    const boxes = this.#dirty;
    this.#dirty = [];
    if (!scene) return;
    const { widthPx, heightPx } = scene.layout;
    const ratio = devicePixelRatio;
    const [width, height] = [Math.round(widthPx * ratio), Math.round(heightPx * ratio)];
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
      boxes.splice(0, boxes.length, { x: 0, y: 0, width: widthPx, height: heightPx });
    }
    const all = boxes.find((box) => box.width >= widthPx && box.height >= heightPx);
    for (const box of all ? [all] : boxes) this.#paintBox(scene, box, ratio);
  }

  #paintBox(scene: Scene, box: Box, ratio: number): void {
    const { layout, colours } = scene;
    const context = this.#context;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.save();
    context.beginPath();
    context.rect(box.x, box.y, box.width, box.height);
    context.clip();
    context.fillStyle = colours.ground;
    context.fillRect(box.x, box.y, box.width, box.height);
    context.save();
    context.beginPath();
    context.rect(layout.gutterPx - FRAME_PX, layout.headPx - FRAME_PX, layout.widthPx, layout.heightPx);
    context.clip();
    this.#paintCells(scene, box, ratio);
    this.#paintMarks(scene);
    context.restore();
    if (box.x < layout.gutterPx) this.#paintGutter(scene);
    if (box.y < layout.headPx) this.#paintHead(scene);
    context.restore();
  }

  /** Cells by shade, so that the colour changes as seldom as possible; then what stands on them. */
  #paintCells({ cells, layout, order, limit, colours, figure }: Scene, box: Box, ratio: number): void {
    const context = this.#context;
    const { pitchX, pitchY, gapPx, gutterPx, headPx } = layout;
    const { left, top } = this.#scroll;
    const rows = visibleRange(box.y - headPx + top, box.height, pitchY, layout.rows);
    const columns = visibleRange(box.x - gutterPx + left, box.width, pitchX, layout.columns);
    const snap = (value: number): number => Math.round(value * ratio) / ratio;
    const byShade: number[][] = [];
    const others: number[] = [];
    const dead: number[] = [];
    for (let row = rows.from; row < rows.to; row += 1) {
      for (let column = columns.from; column < columns.to; column += 1) {
        const at = row * cells.experts + order.expertAt(row, column);
        const shade = shadeOf(cells.logRatios[at]!, limit);
        const place = row * layout.columns + column;
        if (shade === null) others.push(place);
        else (byShade[shade] ??= []).push(place);
        if (cells.values[at] === 0) dead.push(place);
      }
    }
    const boxAt = (place: number): Box => {
      const x = snap(gutterPx + (place % layout.columns) * pitchX - left);
      const y = snap(headPx + Math.floor(place / layout.columns) * pitchY - top);
      return { x, y, width: snap(x + pitchX) - x - gapPx, height: snap(y + pitchY) - y - gapPx };
    };
    const radius = gapPx >= 3 ? 4 : 0;
    const fill = (places: readonly number[], colour: string): void => {
      context.fillStyle = colour;
      if (radius === 0) {
        for (const place of places) {
          const { x, y, width, height } = boxAt(place);
          context.fillRect(x, y, width, height);
        }
        return;
      }
      context.beginPath();
      for (const place of places) {
        const { x, y, width, height } = boxAt(place);
        context.roundRect(x, y, width, height, radius);
      }
      context.fill();
    };
    for (const [shade, places] of byShade.entries()) if (places) fill(places, colours.shades[shade]!.fill);
    fill(others, colours.raised);
    if (pitchX >= MIN_TEXT_WIDTH_PX && pitchY >= MIN_TEXT_HEIGHT_PX) {
      for (const [shade, places] of byShade.entries()) for (const place of places ?? []) this.#paintFigures(figureAt(cells, order, layout, place, figure), boxAt(place), colours.shades[shade]!.ink);
    }
    this.#paintCrosses(dead.map(boxAt));
  }

  #paintFigures(text: string, { x, y, width, height }: Box, ink: string): void {
    const context = this.#context;
    context.fillStyle = ink;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.font = `600 12px ${FONT}`;
    context.fillText(text, x + width / 2, y + height / 2 + 0.5);
  }

  /** Dead experts carry a cross, so that they are told by shape. */
  #paintCrosses(boxes: readonly Box[]): void {
    if (boxes.length === 0) return;
    const context = this.#context;
    context.beginPath();
    for (const { x, y, width, height } of boxes) {
      const reach = Math.min(width, height, 18) / 2 - 0.5;
      const [middleX, middleY] = [x + width / 2, y + height / 2];
      context.moveTo(middleX - reach, middleY - reach);
      context.lineTo(middleX + reach, middleY + reach);
      context.moveTo(middleX + reach, middleY - reach);
      context.lineTo(middleX - reach, middleY + reach);
    }
    // White under dark lines: the cross is seen on both ends of the scale.
    context.strokeStyle = '#ffffff';
    context.lineWidth = 3;
    context.stroke();
    context.strokeStyle = '#10161d';
    context.lineWidth = 1.25;
    context.stroke();
  }

  #paintMarks({ colours }: Scene): void {
    const { pointed, focused } = this.#marks;
    if (pointed) this.#frameCell(this.#boxOf(pointed), colours.ink, 2, colours.ground);
    if (focused) this.#frameCell(this.#boxOf(focused), colours.accent, 2.5, colours.ground);
  }

  #frameCell({ x, y, width, height }: Box, colour: string, lineWidth: number, ground: string): void {
    const context = this.#context;
    context.lineWidth = lineWidth + 1.5;
    context.strokeStyle = ground;
    context.strokeRect(x - 1, y - 1, width + 2, height + 2);
    context.lineWidth = lineWidth;
    context.strokeStyle = colour;
    context.strokeRect(x - 1, y - 1, width + 2, height + 2);
  }

  #paintGutter({ cells, layout, colours }: Scene): void {
    const context = this.#context;
    const { pitchY, gutterPx, headPx, heightPx, gapPx } = layout;
    const { top } = this.#scroll;
    context.fillStyle = colours.ground;
    context.fillRect(0, headPx, gutterPx - FRAME_PX, heightPx);
    context.textAlign = 'right';
    context.textBaseline = 'middle';
    const step = labelStep(pitchY, LABEL_HEIGHT_PX);
    const { from, to } = visibleRange(top, heightPx - headPx, pitchY, layout.rows);
    for (let row = from; row < to; row += 1) {
      const y = headPx + row * pitchY - top;
      const isShown = row === this.#marks.row;
      if (isShown) {
        context.fillStyle = colours.accent;
        context.fillRect(2, y, 3, Math.max(3, pitchY - gapPx));
      }
      const isBeside = this.#marks.row !== null && Math.abs(row - this.#marks.row) * pitchY < LABEL_HEIGHT_PX;
      if (!isShown && (row % step !== 0 || isBeside)) continue;
      context.fillStyle = isShown ? colours.accent : colours.inkSoft;
      context.font = `${isShown ? '600 ' : ''}11px ${FONT}`;
      context.fillText(String(cells.layers[row]), gutterPx - 8, y + (pitchY - gapPx) / 2);
    }
  }

  #paintHead({ layout, colours }: Scene): void {
    const context = this.#context;
    const { pitchX, gutterPx, headPx, widthPx, gapPx } = layout;
    const { left } = this.#scroll;
    context.fillStyle = colours.ground;
    context.fillRect(0, 0, widthPx, headPx - FRAME_PX);
    context.fillStyle = colours.inkSoft;
    context.font = `11px ${FONT}`;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    const step = labelStep(pitchX, 26);
    const { from, to } = visibleRange(left, widthPx - gutterPx, pitchX, layout.columns);
    for (let column = Math.ceil(from / step) * step; column < to; column += step) {
      const x = gutterPx + column * pitchX - left + (pitchX - gapPx) / 2;
      if (x > gutterPx - 4) context.fillText(String(column), x, (headPx - FRAME_PX) / 2);
    }
  }

  #boxOf(cell: CellAt): Box {
    const { layout, order } = this.#scene!;
    const { pitchX, pitchY, gapPx, gutterPx, headPx } = layout;
    return { x: gutterPx + order.columnOf(cell) * pitchX - this.#scroll.left, y: headPx + cell.row * pitchY - this.#scroll.top, width: pitchX - gapPx, height: pitchY - gapPx };
  }
}

/** What stands in a cell; with the expert where columns are not experts. */
function figureAt({ experts, values, logRatios }: HeatmapCells, order: ColumnOrder, { columns }: Layout, place: number, figure: Scene['figure']): string {
  const row = Math.floor(place / columns);
  const expert = order.expertAt(row, place % columns);
  const at = row * experts + expert;
  const value = values[at] ?? 0;
  if (value === 0) return '';
  const text = figure === 'share' ? `${(100 * value).toFixed(1)}%` : ratioText(logRatios[at]!);
  return order === BY_INDEX ? text : `${expert}: ${text}`;
}

function grown({ x, y, width, height }: Box, by: number): Box {
  return { x: x - by, y: y - by, width: width + 2 * by, height: height + 2 * by };
}
