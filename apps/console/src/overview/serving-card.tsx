import { Link } from '@tanstack/react-router';
import { type ReactNode } from 'react';
import { type ObservedActivation, type RolloutSummary } from '../api/gen/types.gen.ts';
import { Badge } from '../ui/badge.tsx';
import { Card } from '../ui/card.tsx';
import { formatPercent, shortId } from '../ui/format.ts';
import { Time } from '../ui/time.tsx';
import { CaptureLevel } from './capture-level.tsx';

/** What answers for the model, and whether all processes do as they shall. */
export function ServingCard({ activation, rollout }: { readonly activation: ObservedActivation; readonly rollout: RolloutSummary | null }) {
  const { releaseId, canary, shadow, previousRelease, activatedAt, observed, converged, generation } = activation;
  const live = observed.filter(({ status }) => status === 'live');
  const ready = live.filter(({ state, observedGeneration }) => state === 'ready' && observedGeneration === generation);
  return (
    <Card title="Serving" actions={<Link to="/releases" className="text-xs">Releases</Link>}>
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] items-baseline gap-x-4 gap-y-1.5 text-sm">
        <Row name="Stable">{releaseId === null ? 'no release is activated' : <Release id={releaseId} />}</Row>
        {canary !== null && (
          <Row name="Canary">
            <Release id={canary.releaseId} /> <Badge tone="accent">{formatPercent(canary.share)} of requests</Badge>
            {(canary.scope.segment !== null || canary.scope.routeSlice !== null) && <span className="text-xs text-ink-soft"> in its scope</span>}
          </Row>
        )}
        {shadow !== null && (
          <Row name="Shadow">
            <Release id={shadow.releaseId} /> <Badge>{formatPercent(shadow.share)} run unseen</Badge>
          </Row>
        )}
        {previousRelease !== null && (
          <Row name="Way back">
            <Release id={previousRelease} />
          </Row>
        )}
        {activatedAt !== null && (
          <Row name="Last changed">
            <Time at={activatedAt} as="relative" />
          </Row>
        )}
        <Row name="Processes">
          {live.length === 0 ? <Badge tone="bad">none live</Badge> : <Badge tone={converged ? 'ok' : 'warn'}>{converged ? `${live.length} of ${live.length} in sync` : `${ready.length} of ${live.length} in sync`}</Badge>}
          {observed.length > live.length && <span className="text-xs text-ink-soft"> {observed.length - live.length} not heard of</span>}
        </Row>
        <Row name="Capture">
          <CaptureLevel model={activation.model} />
        </Row>
        {rollout !== null && (
          <Row name="Rollout">
            <Link to="/releases/rollouts/$rolloutId" params={{ rolloutId: rollout.id }}>
              step {rollout.step + 1} of {rollout.steps}
            </Link>{' '}
            <Badge tone={rollout.state === 'paused' ? 'warn' : 'accent'}>
              {rollout.state} at {formatPercent(rollout.share)}
            </Badge>
          </Row>
        )}
      </dl>
    </Card>
  );
}

function Row({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <>
      <dt className="text-xs text-ink-soft">{name}</dt>
      <dd className="min-w-0">{children}</dd>
    </>
  );
}

function Release({ id }: { readonly id: string }) {
  return (
    <Link to="/releases/$releaseId" params={{ releaseId: id }} title={id} className="font-mono text-xs">
      {shortId(id)}
    </Link>
  );
}
