import { Link } from '@tanstack/react-router';
import { type ReactNode } from 'react';
import { type ObservedActivation, type Release } from '../../api/gen/types.gen.ts';
import { Button, ButtonLink } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { formatPercent } from '../../ui/format.ts';
import { Time } from '../../ui/time.tsx';
import { ReleaseLink } from '../release-link.tsx';
import { type Command, hindrance, isWayBack } from './command-words.ts';
import { scopeInWords } from './scope-words.ts';
import { TrafficBar } from './traffic-bar.tsx';

const LABELS: Readonly<Record<Command, string>> = {
  activate: 'Activate a release…',
  'start-canary': 'Start a canary…',
  'change-share': 'Change share…',
  promote: 'Promote…',
  abort: 'Abort…',
  'roll-back': 'Roll back…',
  'start-shadow': 'Run a shadow…',
  'stop-shadow': 'Stop…',
};

export interface RolesCardProps {
  readonly activation: ObservedActivation;
  readonly releases: readonly Release[];
  readonly rolloutId: string | null;
  readonly needsApproval: boolean;
  readonly mayOperate: boolean;
  readonly onCommand: (command: Command) => void;
}

/** What shall answer for a model, and what can be done about it. */
export function RolesCard({ activation, releases, rolloutId, needsApproval, mayOperate, onCommand }: RolesCardProps) {
  const { model, releaseId, previousRelease, canary, shadow, generation, activatedAt } = activation;
  const action = (command: Command): ReactNode => {
    if (!mayOperate || hindrance(command, activation) !== null) return null;
    if (needsApproval && !isWayBack(command)) return null;
    return (
      <Button key={command} size="small" variant={command === 'roll-back' || command === 'abort' ? 'danger' : command === 'promote' ? 'primary' : 'plain'} onClick={() => onCommand(command)}>
        {LABELS[command]}
      </Button>
    );
  };
  const role = (id: string | null): ReactNode => (id === null ? null : <Named releaseId={id} releases={releases} />);
  return (
    <Card
      title={`What answers for ${model}`}
      lead={
        <>
          Generation {generation}
          {activatedAt !== null && (
            <>
              , written <Time at={activatedAt} as="relative" />
            </>
          )}
          .{rolloutId !== null && <RolloutNote rolloutId={rolloutId} />}
        </>
      }
      actions={
        mayOperate &&
        needsApproval && (
          <ButtonLink size="small" to="/changes/new" search={{ model, kind: 'activate' }}>
            Open a change request
          </ButtonLink>
        )
      }
    >
      <TrafficBar activation={activation} />
      <div className="mt-4 grid gap-3 sm:grid-cols-2 xl:grid-cols-4">
        <Role name="Stable" definition="The release that answers." actions={[action('activate'), action('start-canary')]}>
          {role(releaseId) ?? 'Nothing is activated.'}
        </Role>
        <Role name="Canary" definition="A release that answers a share of the requests." actions={[action('promote'), action('change-share'), action('abort')]}>
          {canary === null ? (
            'None runs.'
          ) : (
            <>
              {role(canary.releaseId)}
              <p className="mt-1 text-xs text-ink-soft">
                {formatPercent(canary.share)} of {scopeInWords(canary.scope)}, drawn by {canary.stickyBy}
              </p>
            </>
          )}
        </Role>
        <Role name="Shadow" definition="A release that runs beside the stable one; nobody gets its answers." actions={[action('start-shadow'), action('stop-shadow')]}>
          {shadow === null ? (
            'None runs.'
          ) : (
            <>
              {role(shadow.releaseId)}
              <p className="mt-1 text-xs text-ink-soft">{formatPercent(shadow.share)} of the answers, unseen</p>
            </>
          )}
        </Role>
        <Role name="Way back" definition="The release that a roll back goes to. It stays in memory." actions={[action('roll-back')]}>
          {role(previousRelease) ?? 'There is nothing to go back to.'}
        </Role>
      </div>
      {needsApproval && mayOperate && <p className="mt-3 text-xs text-ink-soft">This model changes only by approved change requests. Ways back (roll back, abort, stopping a shadow) need none.</p>}
      {!mayOperate && <p className="mt-3 text-xs text-ink-soft">You may look at what serves, not change it: that takes the permission operate.</p>}
    </Card>
  );
}

function Role({ name, definition, actions, children }: { readonly name: string; readonly definition: string; readonly actions: readonly ReactNode[]; readonly children: ReactNode }) {
  const shown = actions.filter((action) => action !== null);
  return (
    <section aria-label={name} className="flex min-w-0 flex-col rounded-md border border-line bg-canvas/50 p-3">
      <h3 className="text-xs font-semibold text-ink-soft" title={definition}>
        {name}
      </h3>
      <div className="mt-1 flex-1 text-sm">{children}</div>
      {shown.length > 0 && <div className="mt-3 flex flex-wrap gap-2">{shown}</div>}
    </section>
  );
}

function Named({ releaseId, releases }: { readonly releaseId: string; readonly releases: readonly Release[] }) {
  const release = releases.find((one) => one.releaseId === releaseId);
  return (
    <div>
      <ReleaseLink releaseId={releaseId} />
      {release !== undefined && <p className="mt-0.5 text-xs wrap-anywhere text-ink-soft">{release.summary === '' ? 'first release' : release.summary}</p>}
    </div>
  );
}

function RolloutNote({ rolloutId }: { readonly rolloutId: string }) {
  return (
    <>
      {' '}
      <Link to="/releases/rollouts/$rolloutId" params={{ rolloutId }}>
        A rollout steers the canary
      </Link>
      : what you change here ends it.
    </>
  );
}
