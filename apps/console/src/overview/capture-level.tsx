import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { getSettingsOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { Badge } from '../ui/badge.tsx';
import { formatPercent } from '../ui/format.ts';
import { captureOf, LEVEL_ABOUT, LEVEL_WORDS } from './capture-words.ts';

/** What is kept of requests to a model, by rule where one holds, and the way to what that means. */
export function CaptureLevel({ model }: { readonly model: string }) {
  const { data, error } = useQuery(getSettingsOptions());
  if (data === undefined) return <span className="text-xs text-ink-soft">{error === null ? '…' : 'not readable'}</span>;
  if (data.capture === null) return <span className="text-xs text-ink-soft">set in another process</span>;
  const { level, share, isByRule, classes } = captureOf(data.capture, model);
  return (
    <span className="flex flex-wrap items-baseline gap-x-1.5 gap-y-0.5 text-sm font-normal">
      <Badge tone={level === 'full' ? 'neutral' : level === 'off' ? 'warn' : 'info'} title={LEVEL_ABOUT[level]}>
        {LEVEL_WORDS[level]}
      </Badge>
      {share < 1 && <span className="text-xs text-ink-soft">of {formatPercent(share)} of requests</span>}
      {isByRule && <span className="text-xs text-ink-soft">by a rule for the model</span>}
      {classes.map(({ value, level: less }) => (
        <span key={value} className="text-xs wrap-anywhere text-ink-soft">
          · {value}: {LEVEL_WORDS[less]}
        </span>
      ))}
      <Link to="/settings/limits" className="text-xs underline">
        What it means
      </Link>
    </span>
  );
}
