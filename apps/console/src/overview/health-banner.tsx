import { Link } from '@tanstack/react-router';
import { CircleAlert, CircleCheck, CircleDashed, Info, OctagonAlert } from 'lucide-react';
import { type ReactNode } from 'react';
import { type Tone } from '../ui/badge.tsx';
import { classNames } from '../ui/class-names.ts';
import { type Ailment, type Health } from './health.ts';

const ICONS = { ok: CircleCheck, warn: CircleAlert, bad: OctagonAlert, info: Info, neutral: CircleDashed, accent: Info } as const;
const GROUNDS: Readonly<Record<Tone, string>> = {
  ok: 'border-ok/40 bg-ok-soft text-ok',
  warn: 'border-warn/40 bg-warn-soft text-warn',
  bad: 'border-bad/40 bg-bad-soft text-bad',
  info: 'border-info/40 bg-info-soft text-info',
  neutral: 'border-line bg-surface text-ink',
  accent: 'border-line bg-surface text-ink',
};
/** More than these are on the page of alerts. */
const SHOWN = 5;

/** How a model fares, in a sentence; what is wrong, linked. */
export function HealthBanner({ model, health, children }: { readonly model: string; readonly health: Health; readonly children?: ReactNode }) {
  const { tone, sentence, ailments } = health;
  const Icon = ICONS[tone];
  const more = ailments.length - SHOWN;
  return (
    <section aria-label={`Health of ${model}`} data-tone={tone} className={classNames('flex flex-wrap items-start gap-x-6 gap-y-3 rounded-lg border px-4 py-3', GROUNDS[tone])}>
      <div className="flex min-w-0 flex-1 basis-72 items-start gap-3">
        <Icon size={26} aria-hidden className="mt-0.5 shrink-0" />
        <div className="min-w-0">
          <h2 className="text-lg leading-snug font-semibold wrap-anywhere">
            <span className="sr-only">{model}: </span>
            <span aria-live="polite">{sentence}</span>
          </h2>
          {children !== undefined && <p className="text-sm text-ink-soft">{children}</p>}
        </div>
      </div>
      {ailments.length > 0 && (
        <ul className="flex min-w-0 flex-1 basis-72 flex-col gap-1 text-sm">
          {ailments.slice(0, SHOWN).map((ailment) => (
            <li key={ailment.key} className="flex items-center gap-1.5">
              <AilmentIcon tone={ailment.tone} />
              <Link to={ailment.place.to} params={ailment.place.params as never} className="min-w-0 text-ink! underline wrap-anywhere">
                {ailment.text}
              </Link>
            </li>
          ))}
          {more > 0 && (
            <li>
              <Link to="/alerts" search={{ model }} className="text-ink! underline">
                {more} more
              </Link>
            </li>
          )}
        </ul>
      )}
    </section>
  );
}

function AilmentIcon({ tone }: Pick<Ailment, 'tone'>) {
  const Icon = ICONS[tone];
  const colour = { bad: 'text-bad', warn: 'text-warn', info: 'text-info' }[tone];
  return <Icon size={14} aria-label={{ bad: 'Critical', warn: 'Warning', info: 'Information' }[tone]} className={classNames('shrink-0', colour)} />;
}
