import { type KeyboardEvent, type PointerEvent, useRef, useState } from 'react';
import { formatCount, formatDuration } from '../../ui/format.ts';
import { type Bin } from './strip-bins.ts';

const BARS_PX = 56;
const LINE_PX = 40;
const GAP_PX = 8;
const HEIGHT_PX = BARS_PX + GAP_PX + LINE_PX;
const MOMENT = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' });

/** A part of the bars, both ends included. */
interface Part {
  readonly first: number;
  readonly last: number;
}

/** Bars of requests over a line of their duration. A part is chosen by dragging, or by arrows, Shift and Enter. */
export function Strip({ bins, onChoose }: { readonly bins: readonly Bin[]; readonly onChoose: (fromMs: number, toMs: number) => void }) {
  const [part, setPart] = useState<Part | null>(null);
  const [isDragging, setDragging] = useState(false);
  const anchor = useRef(0);
  const most = Math.max(1, ...bins.map(({ requests }) => requests ?? 0));
  const slowest = Math.max(1, ...bins.map(({ p95Ms }) => p95Ms ?? 0));
  const between = (a: number, b: number): Part => ({ first: Math.min(a, b), last: Math.max(a, b) });
  const choose = ({ first, last }: Part): void => onChoose(bins[first]!.fromMs, bins[last]!.toMs);
  const at = (event: PointerEvent<SVGSVGElement>): number => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    return Math.min(bins.length - 1, Math.max(0, Math.floor(((event.clientX - left) / width) * bins.length)));
  };
  const onKey = (event: KeyboardEvent): void => {
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      const from = part === null ? (step > 0 ? -1 : bins.length) : anchor.current === part.first ? part.last : part.first;
      const next = Math.min(bins.length - 1, Math.max(0, from + step));
      if (!event.shiftKey || part === null) anchor.current = next;
      setPart(between(anchor.current, next));
    } else if (event.key === 'Enter' && part !== null) choose(part);
    else if (event.key === 'Escape') setPart(null);
  };
  const y = (p95Ms: number): number => BARS_PX + GAP_PX + LINE_PX * (1 - p95Ms / slowest);
  return (
    <div>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- the bars are chosen with the keyboard too */}
      <div role="group" tabIndex={0} aria-label="Choose a part of the time: arrow keys, Shift for more, Enter to look at it" className="rounded" onKeyDown={onKey}>
        <svg
          viewBox={`0 0 ${bins.length} ${HEIGHT_PX}`} preserveAspectRatio="none" height={HEIGHT_PX} className="block w-full cursor-crosshair touch-none select-none" aria-hidden
          onPointerDown={(event) => {
            event.currentTarget.setPointerCapture(event.pointerId);
            anchor.current = at(event);
            setDragging(true);
            setPart(between(anchor.current, anchor.current));
          }}
          onPointerMove={(event) => (isDragging ? setPart(between(anchor.current, at(event))) : setPart(between(at(event), at(event))))}
          onPointerUp={() => {
            setDragging(false);
            if (part !== null) choose(part);
          }}
          onPointerLeave={() => !isDragging && setPart(null)}
        >
          {part !== null && <rect x={part.first} width={part.last - part.first + 1} y={0} height={HEIGHT_PX} fill="var(--accent-soft)" />}
          <line x1={0} x2={bins.length} y1={BARS_PX} y2={BARS_PX} stroke="var(--line)" vectorEffect="non-scaling-stroke" />
          {bins.map((bin, index) => (
            <Bar key={bin.fromMs} bin={bin} index={index} most={most} />
          ))}
          <path d={lineOf(bins, y)} fill="none" stroke="var(--series-2)" strokeWidth={1.75} vectorEffect="non-scaling-stroke" />
          {bins.map(({ fromMs, p95Ms }, index) => p95Ms !== null && <line key={fromMs} x1={index + 0.5} x2={index + 0.5} y1={y(p95Ms)} y2={y(p95Ms) + 0.01} stroke="var(--series-2)" strokeWidth={4} strokeLinecap="round" vectorEffect="non-scaling-stroke" />)}
        </svg>
      </div>
      <div className="mt-1 flex justify-between gap-x-4 text-xs text-ink-soft">
        <span>{MOMENT.format(bins[0]?.fromMs)}</span>
        <span>{MOMENT.format(bins.at(-1)?.toMs)}</span>
      </div>
      <p role="status" className="min-h-8 text-xs text-ink-soft">
        {part === null ? `Bars: requests, at most ${formatCount(most)}, those not answered in red at the bottom. Line: p95 duration, at most ${formatDuration(slowest)}.` : partText(bins.slice(part.first, part.last + 1))}
      </p>
    </div>
  );
}

function Bar({ bin: { requests, unanswered }, index, most }: { readonly bin: Bin; readonly index: number; readonly most: number }) {
  // Too few to be told: a stub in another shade, as high whatever there is.
  if (requests === null) return <rect x={index + 0.12} width={0.76} y={BARS_PX - 4} height={4} fill="var(--line-strong)" />;
  const height = (count: number): number => (count === 0 ? 0 : Math.max(1.5, (BARS_PX * count) / most));
  return (
    <>
      <rect x={index + 0.12} width={0.76} y={BARS_PX - height(requests)} height={height(requests)} fill="var(--series-1)" />
      {unanswered > 0 && <rect x={index + 0.12} width={0.76} y={BARS_PX - height(unanswered)} height={height(unanswered)} fill="var(--bad)" />}
    </>
  );
}

/** Through the middles of bars that have a figure; the pen is lifted over those that have none. */
function lineOf(bins: readonly Bin[], y: (p95Ms: number) => number): string {
  return bins.map(({ p95Ms }, index) => (p95Ms === null ? '' : `${typeof bins[index - 1]?.p95Ms === 'number' ? 'L' : 'M'}${index + 0.5} ${y(p95Ms).toFixed(1)}`)).join('');
}

function partText(bins: readonly Bin[]): string {
  const [first, last] = [bins[0]!, bins.at(-1)!];
  const isWithheld = bins.some(({ requests }) => requests === null);
  const sum = bins.reduce((all, { requests }) => all + (requests ?? 0), 0);
  const unanswered = bins.reduce((all, bin) => all + bin.unanswered, 0);
  const slowest = Math.max(...bins.map(({ p95Ms }) => p95Ms ?? 0));
  return `${MOMENT.format(first.fromMs)} to ${MOMENT.format(last.toMs)}: ${isWithheld ? (sum === 0 ? 'too few requests to be shown' : `${formatCount(sum)} and some too few to be shown`) : `${formatCount(sum)} requests`}${unanswered > 0 ? `, ${formatCount(unanswered)} not answered` : ''}${slowest > 0 ? `, p95 up to ${formatDuration(slowest)}` : ''}`;
}
