import { type ReactNode } from 'react';
import { ChartFrame } from './chart-frame.tsx';

export interface IntervalBar {
  readonly key: string;
  readonly label: string;
  /** Shown in place of the plain label. */
  readonly heading?: ReactNode;
  readonly value: number;
  readonly interval: { readonly low: number; readonly high: number } | null;
}

export interface IntervalBarsProps {
  /** Says in a sentence what is shown. */
  readonly label: string;
  /** File name of the CSV. */
  readonly name: string;
  /** What the rows are and what the values are, with their unit. */
  readonly header: readonly [string, string];
  readonly rows: readonly IntervalBar[];
  readonly format: (value: number) => string;
  /** End of the axis at the least. */
  readonly atLeast?: number;
}

/** One bar for each row, with its 95 % interval as a line across its end. */
export function IntervalBars({ label, name, header, rows, format, atLeast = 0 }: IntervalBarsProps) {
  const end = Math.max(atLeast, ...rows.map(({ value, interval }) => interval?.high ?? value)) || 1;
  const at = (value: number): string => `${(100 * value) / end}%`;
  const data = { name, header: [...header, '95 % low', '95 % high'], rows: () => rows.map((row) => [row.label, row.value, row.interval?.low ?? null, row.interval?.high ?? null]) };
  return (
    <ChartFrame label={label} data={data}>
      <ul className="grid max-h-96 grid-cols-[auto_minmax(4rem,1fr)_auto] items-center gap-x-3 gap-y-1 overflow-y-auto text-xs" tabIndex={0} aria-label={label}>
        {rows.map(({ key, label: text, heading, value, interval }) => (
          <li key={key} className="col-span-3 grid grid-cols-subgrid items-center">
            <span className="whitespace-nowrap">{heading ?? text}</span>
            <span aria-hidden className="relative h-4 border-l border-line-strong">
              <span className="absolute inset-y-0.5 left-0 rounded-r-sm bg-accent" style={{ width: at(value) }} />
              {interval !== null && <span className="absolute top-1/2 h-2 -translate-y-1/2 border-x border-ink" style={{ left: at(interval.low), width: at(interval.high - interval.low), backgroundImage: 'linear-gradient(var(--ink), var(--ink))', backgroundSize: '100% 1px', backgroundPosition: 'center', backgroundRepeat: 'no-repeat' }} />}
            </span>
            <span className="text-right whitespace-nowrap tabular-nums">
              {format(value)}
              {interval !== null && <span className="text-ink-soft"> ({format(interval.low)} to {format(interval.high)})</span>}
            </span>
          </li>
        ))}
      </ul>
    </ChartFrame>
  );
}
