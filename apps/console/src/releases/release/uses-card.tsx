import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactNode } from 'react';
import { getReleaseUsesOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type ReleaseUses } from '../../api/gen/types.gen.ts';
import { Badge } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { Loaded } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { ComponentLink } from '../release-link.tsx';

/** When a release served, and what refers to it: rollouts, change requests with their evidence, recalls. */
export function UsesCard({ releaseId }: { readonly releaseId: string }) {
  const query = useQuery(getReleaseUsesOptions({ path: { releaseId } }));
  return (
    <Card title="Where it served, and what refers to it">
      <Loaded query={query} rows={3}>
        {(uses) => (
          <>
            {uses.recalled.length > 0 && <Recalled recalled={uses.recalled} />}
            <div className="grid gap-5 lg:grid-cols-3">
              <Part title="Served" empty="It has never answered.">
                {uses.served.map(({ as, from, to }, index) => (
                  <li key={index} className="flex flex-wrap items-baseline gap-x-2">
                    <Badge tone={to === null ? 'ok' : 'neutral'}>{as}</Badge>
                    <span>
                      {from === null ? 'before the history began' : <Time at={from} />} to {to === null ? 'now' : <Time at={to} />}
                    </span>
                  </li>
                ))}
              </Part>
              <Part title="Rollouts" empty="No rollout was about it.">
                {uses.rollouts.map(({ id, as, state, createdAt }) => (
                  <li key={id} className="flex flex-wrap items-baseline gap-x-2">
                    <Link to="/releases/rollouts/$rolloutId" params={{ rolloutId: id }}>
                      <Time at={createdAt} />
                    </Link>
                    <Badge>{state}</Badge>
                    <span className="text-ink-soft">{as === 'candidate' ? 'as the candidate' : 'as the stable release'}</span>
                  </li>
                ))}
              </Part>
              <Part title="Change requests and evidence" empty="No change request names it.">
                {uses.changes.map(({ id, number, title, state, evidence }) => (
                  <li key={id}>
                    <Link to="/changes/$changeId" params={{ changeId: id }}>
                      #{number} {title}
                    </Link>{' '}
                    <Badge>{state}</Badge>
                    {evidence.length > 0 && <p className="text-xs wrap-anywhere text-ink-soft">Evidence: {evidence.map((one) => `${one.kind} (${one.title})`).join(', ')}</p>}
                  </li>
                ))}
              </Part>
            </div>
          </>
        )}
      </Loaded>
    </Card>
  );
}

function Recalled({ recalled }: { readonly recalled: ReleaseUses['recalled'] }) {
  return (
    <div className="mb-4 rounded-md border border-bad/40 bg-bad-soft px-3 py-2 text-sm">
      <p className="font-medium text-bad">It holds recalled components: it cannot be chosen any more.</p>
      <ul>
        {recalled.map(({ component, sha256, at, reason }) => (
          <li key={component} className="wrap-anywhere">
            <ComponentLink sha256={sha256} text={component} />, recalled <Time at={at} />: {reason}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Part({ title, empty, children }: { readonly title: string; readonly empty: string; readonly children: readonly ReactNode[] }) {
  return (
    <section aria-label={title} className="min-w-0">
      <h3 className="mb-1 text-xs font-semibold text-ink-soft">{title}</h3>
      {children.length === 0 ? <p className="text-sm text-ink-soft">{empty}</p> : <ul className="flex flex-col gap-1 text-sm">{children}</ul>}
    </section>
  );
}
