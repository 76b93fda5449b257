import { Link } from '@tanstack/react-router';
import { type AlertDetail } from '../../api/gen/types.gen.ts';
import { Badge, type Tone } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { Time } from '../../ui/time.tsx';

type Action = AlertDetail['actions'][number];

const TONES: Readonly<Record<Action['state'], Tone>> = { requested: 'info', done: 'ok', refused: 'warn', failed: 'bad' };
const NAMES: Readonly<Record<string, string>> = { 'abort-canary': 'Abort the canary', 'open-rollback-request': 'Open a request to roll back' };

/** What the rule did by itself in this episode; nothing where it does nothing. */
export function RuleActions({ actions }: { readonly actions: readonly Action[] }) {
  if (actions.length === 0) return null;
  return (
    <Card title="What the rule did by itself" lead="Once in each episode.">
      <ul className="flex flex-col gap-2 text-sm">
        {actions.map((action) => (
          <li key={action.kind} className="flex flex-wrap items-center gap-2">
            <Badge tone={TONES[action.state]}>{action.state}</Badge>
            <span>{NAMES[action.kind] ?? action.kind}</span>
            <Time at={action.endedAt ?? action.requestedAt} as="relative" />
            <Outcome outcome={action.outcome} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Outcome({ outcome }: { readonly outcome: Action['outcome'] }) {
  if (outcome === null) return <span className="text-xs text-ink-soft">under way</span>;
  const text = (name: string): string | null => (typeof outcome[name] === 'string' ? outcome[name] : null);
  const changeId = text('changeId') ?? text('change');
  return (
    <>
      <span className="text-xs text-ink-soft wrap-anywhere">{text('detail') ?? text('code') ?? ''}</span>
      {changeId !== null && (
        <Link to="/changes/$changeId" params={{ changeId }} className="text-xs">
          the request
        </Link>
      )}
    </>
  );
}
