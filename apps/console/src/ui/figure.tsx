import { type ReactNode } from 'react';
import { classNames } from './class-names.ts';
import { type Tone } from './badge.tsx';

export interface FigureProps {
  readonly label: string;
  readonly value: ReactNode;
  /** Interval, comparison or unit, smaller. */
  readonly note?: ReactNode;
  /** What the figure is; shown when pointed at. */
  readonly definition?: string;
  readonly tone?: Tone;
}

/** One number with its name. */
export function Figure({ label, value, note, definition, tone = 'neutral' }: FigureProps) {
  return (
    <div className="min-w-0">
      <dt className="text-xs text-ink-soft" title={definition}>
        {label}
      </dt>
      <dd className={classNames('text-lg font-semibold tracking-tight tabular-nums', tone === 'bad' && 'text-bad', tone === 'warn' && 'text-warn', tone === 'ok' && 'text-ok')}>{value}</dd>
      {note !== undefined && <dd className="text-xs text-ink-soft">{note}</dd>}
    </div>
  );
}

/** Figures side by side. */
export function Figures({ children }: { readonly children: ReactNode }) {
  return <dl className="grid grid-cols-[repeat(auto-fill,minmax(8.5rem,1fr))] gap-x-6 gap-y-3">{children}</dl>;
}
