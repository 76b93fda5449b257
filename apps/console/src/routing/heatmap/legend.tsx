import { legendTicks, ratioText } from './scale.ts';

/** What the colours stand for, in numbers, and what the cross means. */
export function Legend({ limit, reference }: { readonly limit: number; readonly reference: string }) {
  const ticks = legendTicks(limit);
  return (
    <div className="mt-3 flex flex-wrap items-end justify-between gap-x-6 gap-y-2 text-xs text-ink-soft">
      <div className="w-72 max-w-full">
        <p className="mb-1 flex justify-between">
          <span>below {reference}</span>
          <span>above</span>
        </p>
        <div className="h-2.5 rounded-sm" style={{ backgroundImage: 'linear-gradient(to right in oklab, var(--under), var(--even), var(--over))' }} />
        <div className="mt-1 flex justify-between tabular-nums">
          {ticks.map((tick, at) => (
            <span key={tick}>
              {at === 0 && '≤ '}
              {at === ticks.length - 1 && '≥ '}
              {ratioText(tick)}
            </span>
          ))}
        </div>
      </div>
      <p className="flex items-center gap-1.5 pb-0.5">
        <svg viewBox="0 0 14 14" width={14} height={14} aria-hidden>
          <rect width={14} height={14} rx={2} fill="var(--under)" />
          <path d="M3 3l8 8M11 3l-8 8" stroke="#fff" strokeWidth={3} />
          <path d="M3 3l8 8M11 3l-8 8" stroke="#10161d" strokeWidth={1.25} />
        </svg>
        no selections (dead)
      </p>
      <p className="min-w-72 flex-1 pb-0.5 text-right">Rows are layers, columns experts. A row's number shows the layer, a cell its expert.</p>
    </div>
  );
}
