import { type ReactNode } from 'react';
import { classNames } from '../ui/class-names.ts';
import { type CsvValue } from '../ui/csv.ts';
import { ChartFrame } from './chart-frame.tsx';
import { type EffectValues, effectScale } from './effect-scale.ts';

export type EffectTone = 'worse' | 'better' | 'neutral';

export interface EffectRow extends EffectValues {
  readonly key: string;
  readonly label: string;
  /** Shown in place of the plain label. */
  readonly heading?: ReactNode;
  readonly tone?: EffectTone;
  /** Said after the figure: what it means, in a word or two. */
  readonly note?: string;
}

export interface EffectChartProps {
  /** Says in a sentence what is shown. */
  readonly label: string;
  /** File name of the CSV. */
  readonly name: string;
  /** What the rows are and what the values are, with their unit. */
  readonly header: readonly [string, string];
  readonly rows: readonly EffectRow[];
  readonly format: (value: number) => string;
  /** A dot with whiskers for differences, a bar from zero for parts of a whole. */
  readonly mark?: 'dot' | 'bar';
  /** Written at the ends of the axis: what lies to the left of zero and to the right. */
  readonly sides?: readonly [string, string];
  /** Confidence of the intervals, in words. */
  readonly level?: string;
  readonly actions?: ReactNode;
}

const MARKS: Readonly<Record<EffectTone, string>> = { worse: 'bg-bad', better: 'bg-ok', neutral: 'bg-ink-soft' };
const LINES: Readonly<Record<EffectTone, string>> = { worse: 'border-bad', better: 'border-ok', neutral: 'border-ink-soft' };

/** Values to both sides of zero, each with its interval: told apart from zero where the whiskers do not cross the line. */
export function EffectChart({ label, name, header, rows, format, mark = 'dot', sides, level = '95 %', actions }: EffectChartProps) {
  const { at, low, high } = effectScale(rows);
  const place = (value: number): string => `${at(value)}%`;
  const hasNotes = rows.some(({ note }) => note !== undefined);
  const data = {
    name,
    header: [...header, `${level} low`, `${level} high`, ...(hasNotes ? ['what it means'] : [])],
    rows: (): readonly (readonly CsvValue[])[] => rows.map((row) => [row.label, row.value, row.low, row.high, ...(hasNotes ? [row.note ?? ''] : [])]),
  };
  return (
    <ChartFrame label={label} data={data} actions={actions}>
      <ul className="grid max-h-[56rem] grid-cols-[minmax(4rem,max-content)_minmax(6rem,1fr)_auto] items-center gap-x-3 overflow-y-auto text-xs sm:gap-x-4" tabIndex={0} aria-label={label}>
        {sides !== undefined && (
          <li aria-hidden className="col-span-3 grid grid-cols-subgrid text-ink-soft">
            <span />
            <span className="relative h-5">
              {low < 0 && at(0) > 12 && <span className="absolute whitespace-nowrap" style={{ right: `calc(${100 - at(0)}% + 0.4rem)` }}>← {sides[0]}</span>}
              {high > 0 && at(0) < 88 && <span className="absolute whitespace-nowrap" style={{ left: `calc(${at(0)}% + 0.4rem)` }}>{sides[1]} →</span>}
            </span>
            <span />
          </li>
        )}
        {rows.map(({ key, label: text, heading, value, low: from, high: to, tone = 'neutral', note }) => (
          <li key={key} className="col-span-3 grid min-h-7 grid-cols-subgrid items-center border-t border-line/60 first:border-0">
            <span className="max-w-56 py-1 wrap-anywhere sm:max-w-80">{heading ?? text}</span>
            <span aria-hidden className="relative h-full min-h-7">
              <span className="absolute inset-y-0 w-px bg-line-strong" style={{ left: place(0) }} />
              {mark === 'bar' && <span className={classNames('absolute top-1/2 h-3 -translate-y-1/2 opacity-70', MARKS[tone])} style={{ left: place(Math.min(0, value)), width: `${at(Math.max(0, value)) - at(Math.min(0, value))}%` }} />}
              {from !== null && to !== null && (
                <span className="absolute top-1/2 flex h-2.5 -translate-y-1/2 items-center" style={{ left: place(from), width: `${at(to) - at(from)}%` }}>
                  <span className={classNames('h-0 w-full border-t-2', mark === 'bar' ? 'border-ink' : LINES[tone])} />
                  {from >= low && <span className={classNames('absolute inset-y-0 left-0 border-l-2', mark === 'bar' ? 'border-ink' : LINES[tone])} />}
                  {to <= high && <span className={classNames('absolute inset-y-0 right-0 border-l-2', mark === 'bar' ? 'border-ink' : LINES[tone])} />}
                </span>
              )}
              {mark === 'dot' && <span className={classNames('absolute top-1/2 size-2.5 -translate-1/2 rounded-full ring-2 ring-surface', MARKS[tone])} style={{ left: place(value) }} />}
            </span>
            <span className="text-right tabular-nums">
              <span className="whitespace-nowrap">
                <span className="font-medium">{format(value)}</span>
                {from !== null && to !== null && <span className="text-ink-soft"> ({format(from)} to {format(to)})</span>}
              </span>
              {note !== undefined && <span className={classNames('block whitespace-nowrap', tone === 'worse' ? 'text-bad' : tone === 'better' ? 'text-ok' : 'text-ink-soft')}>{note}</span>}
            </span>
          </li>
        ))}
      </ul>
    </ChartFrame>
  );
}
