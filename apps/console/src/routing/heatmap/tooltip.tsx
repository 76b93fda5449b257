const WIDTH_PX = 240;

/** What a cell holds, beside it; the same is read out by the live region. */
export function Tooltip({ name, figure, at, widthPx }: { readonly name: string; readonly figure: string; readonly at: { readonly x: number; readonly y: number; readonly heightPx: number }; readonly widthPx: number }) {
  const left = Math.min(Math.max(0, at.x - WIDTH_PX / 2), Math.max(0, widthPx - WIDTH_PX));
  const isBelow = at.y < 70;
  return (
    <div
      aria-hidden
      className="pointer-events-none absolute z-20 rounded-md border border-line bg-surface px-2.5 py-1.5 text-xs shadow-lg"
      style={{ left, width: WIDTH_PX, ...(isBelow ? { top: at.y + at.heightPx + 8 } : { top: at.y - 8, transform: 'translateY(-100%)' }) }}
    >
      <p className="font-semibold first-letter:uppercase">{name}</p>
      <p className="text-ink-soft">{figure}</p>
    </div>
  );
}
