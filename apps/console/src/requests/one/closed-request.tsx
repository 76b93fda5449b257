import { Link } from '@tanstack/react-router';
import { Card } from '../../ui/card.tsx';
import { NotAllowed } from '../../ui/not-allowed.tsx';
import { Time } from '../../ui/time.tsx';
import { admittedAtMs } from '../request-search.ts';

const AROUND_MS = 30 * 60_000;

/** What those see of a request who may not look at single ones: that they may not, and where it counts. */
export function ClosedRequest({ requestId }: { readonly requestId: string }) {
  const atMs = admittedAtMs(requestId);
  const around = atMs === null ? {} : { from: new Date(atMs - AROUND_MS).toISOString(), to: new Date(atMs + AROUND_MS).toISOString() };
  return (
    <Card>
      <NotAllowed permission="traces">A request's tokens, labels and routes are as sensitive as what was asked, so they are for people with the role trace-reader, and each of their looks is recorded.</NotAllowed>
      <p className="mx-auto max-w-prose pb-4 text-center text-sm text-ink-soft">
        {atMs !== null && (
          <>
            By its id it was admitted at <Time at={new Date(atMs).toISOString()} as="full" />.{' '}
          </>
        )}
        It is counted in the{' '}
        <Link to="/requests" search={around} className="underline">
          traffic
        </Link>{' '}
        and the{' '}
        <Link to="/routing" search={around} className="underline">
          routing
        </Link>{' '}
        of that time, wherever enough requests stand behind a figure.
      </p>
    </Card>
  );
}
