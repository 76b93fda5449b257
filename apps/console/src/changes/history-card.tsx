import { type Change } from '../api/gen/types.gen.ts';
import { Card } from '../ui/card.tsx';
import { Time } from '../ui/time.tsx';
import { InWords } from '../ui/in-words.tsx';
import { eventWords } from './change-words.ts';

/** What was done with a request, oldest first; it cannot be rewritten. */
export function HistoryCard({ change, nameOf }: { readonly change: Change; readonly nameOf: (account: string) => string }) {
  return (
    <Card title="History">
      <ol aria-label="History" className="flex flex-col gap-2">
        {change.history.map(({ at, actor, event, fromState, toState, detail }, index) => (
          <li key={index} className="text-sm">
            <p className="wrap-anywhere">
              <span className="font-medium" title={actor}>
                {nameOf(actor)}
              </span>{' '}
              {eventWords(event)}
              {fromState !== toState && <span className="text-ink-soft">, now {toState}</span>}
            </p>
            <p className="text-xs text-ink-soft">
              <Time at={at} as="full" />
            </p>
            {Array.isArray(detail['reasons']) && (
              <p className="text-xs text-ink-soft wrap-anywhere">
                <InWords text={reasonsOf(detail['reasons'])} />
              </p>
            )}
          </li>
        ))}
      </ol>
    </Card>
  );
}

function reasonsOf(blockers: readonly unknown[]): string {
  return blockers.map((one) => (typeof one === 'object' && one !== null && 'detail' in one && typeof one.detail === 'string' ? one.detail : '')).join(' ');
}
