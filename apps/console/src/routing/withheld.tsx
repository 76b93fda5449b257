import { Link } from '@tanstack/react-router';
import { Empty } from '../ui/states.tsx';

/** Why figures are not shown, and what to do: too few requests, which includes none at all. */
export function Withheld({ minRequests, what }: { readonly minRequests: number; readonly what: string }) {
  return (
    <Empty title={`Fewer than ${minRequests} ${minRequests === 1 ? 'request' : 'requests'}: ${what}`}>
      {minRequests > 1 && <>Figures over fewer requests than that would tell what single requests held, so they are withheld (SIGNALBOX_MIN_REQUESTS). </>}
      Choose a longer time or fewer filters. Where there is no traffic yet, send a request from the <Link to="/playground">playground</Link> or run <code>npm run demo</code>; usage shows within seconds.
    </Empty>
  );
}
