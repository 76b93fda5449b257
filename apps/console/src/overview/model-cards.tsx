import { Link } from '@tanstack/react-router';
import { Badge } from '../ui/badge.tsx';
import { classNames } from '../ui/class-names.ts';
import { formatCount, formatDuration, formatPercent } from '../ui/format.ts';
import { healthOf, isFiring } from './health.ts';
import { useModelFacts } from './use-model-facts.ts';

/** Each of these asks for its own figures: more than a screen of models is chosen above instead. */
const MOST = 24;

/** One card for each model; the chosen one is told of below. */
export function ModelCards({ models, chosen }: { readonly models: readonly string[]; readonly chosen: string }) {
  return (
    <nav aria-label="Models">
      <ul className="grid grid-cols-[repeat(auto-fill,minmax(15rem,1fr))] gap-3">
        {models.slice(0, MOST).map((model) => (
          <ModelCard key={model} model={model} isChosen={model === chosen} />
        ))}
      </ul>
      {models.length > MOST && <p className="mt-2 text-xs text-ink-soft">{models.length - MOST} more: choose one in the bar above.</p>}
    </nav>
  );
}

function ModelCard({ model, isChosen }: { readonly model: string; readonly isChosen: boolean }) {
  const { facts, figures } = useModelFacts(model);
  const { tone, sentence } = healthOf(facts);
  const { requests, failedShare, durationMs } = figures.data?.total ?? {};
  const firing = (facts.alerts ?? []).filter(isFiring).length;
  return (
    <li>
      <Link to="/" search={(before: Readonly<Record<string, unknown>>) => ({ ...before, model })} aria-current={isChosen ? 'true' : undefined} className={classNames('flex h-full flex-col gap-1.5 rounded-lg border bg-surface p-3 text-ink! no-underline! hover:bg-raised', isChosen ? 'border-accent' : 'border-line')}>
        <span className="font-semibold wrap-anywhere">{model}</span>
        <Badge tone={tone}>
          <span className="whitespace-normal">{sentence}</span>
        </Badge>
        <span className="text-xs text-ink-soft tabular-nums">
          {requests === undefined ? 'no traffic to show' : `${formatCount(requests)} requests · ${formatPercent(failedShare)} failed · p95 ${formatDuration(durationMs?.p95)}`}
          {firing > 0 && ` · ${firing} ${firing === 1 ? 'alert' : 'alerts'}`}
        </span>
      </Link>
    </li>
  );
}
