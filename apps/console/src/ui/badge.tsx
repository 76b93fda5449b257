import { type ReactNode } from 'react';
import { classNames } from './class-names.ts';

export type Tone = 'neutral' | 'ok' | 'warn' | 'bad' | 'info' | 'accent';

const TONES: Readonly<Record<Tone, string>> = {
  neutral: 'bg-raised text-ink-soft',
  ok: 'bg-ok-soft text-ok',
  warn: 'bg-warn-soft text-warn',
  bad: 'bg-bad-soft text-bad',
  info: 'bg-info-soft text-info',
  accent: 'bg-accent-soft text-accent',
};

/** A word with a tone. The word says it all: the tone is never the only difference. */
export function Badge({ tone = 'neutral', icon, title, children }: { readonly tone?: Tone; readonly icon?: ReactNode; readonly title?: string; readonly children: ReactNode }) {
  return (
    <span title={title} className={classNames('inline-flex items-center gap-1 rounded px-1.5 py-0.5 text-xs font-medium whitespace-nowrap', TONES[tone])}>
      {icon}
      {children}
    </span>
  );
}
