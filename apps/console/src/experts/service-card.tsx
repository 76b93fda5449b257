import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { getExpertHealthOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { type ExpertHealth } from '../api/gen/types.gen.ts';
import { useMay } from '../session/session.ts';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { Card } from '../ui/card.tsx';
import { Loaded } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { LiftDialog } from './lift-dialog.tsx';
import { type Place } from './place.ts';
import { QuarantineDialog } from './quarantine-dialog.tsx';
import { outOfService } from './service-words.ts';

const POLL_MS = 5_000;

/** Whether the expert serves, where it does not and why, and how it is taken out and put back. */
export function ServiceCard({ place }: { readonly place: Place }) {
  const query = useQuery({ ...getExpertHealthOptions({ path: { model: place.model } }), refetchInterval: POLL_MS });
  return (
    <Card title="In service" lead={<>In release {place.releaseId.slice(0, 10)}, as each process told.</>}>
      <Loaded query={query} rows={2}>
        {(health) => <Service place={place} health={health} />}
      </Loaded>
    </Card>
  );
}

function Service({ place, health }: { readonly place: Place; readonly health: ExpertHealth }) {
  const mayOperate = useMay('operate');
  const [asked, setAsked] = useState<'impose' | 'lift' | null>(null);
  const { layer, expert, experts } = place;
  const out = outOfService(health, place.releaseId);
  const own = out.find((one) => one.layer === layer && one.expert === expert);
  const live = health.processes.filter(({ status }) => status === 'live').length;
  const quarantine = own?.quarantine ?? null;
  return (
    <div className="flex flex-col gap-2 text-sm">
      <p className="flex flex-wrap items-center gap-2">
        {own === undefined ? <Badge tone="ok">serves</Badge> : <Badge tone={quarantine === null ? 'bad' : 'warn'}>{quarantine === null ? 'out: it failed' : 'in quarantine'}</Badge>}
        {own === undefined && <span>{live === 0 ? 'No process is live.' : live === 1 ? 'In the live process.' : `In all ${live} live processes.`}</span>}
      </p>
      {quarantine !== null && (
        <p className="wrap-anywhere">
          Since <Time at={quarantine.createdAt} />, by {quarantine.createdByName}: “{quarantine.reason}”.{' '}
          {quarantine.until === null ? 'Until it is lifted.' : <>Until <Time at={quarantine.until} />.</>}
        </p>
      )}
      {own !== undefined && own.told.length > 0 && (
        <ul className="flex list-disc flex-col gap-1 pl-5">
          {own.told.map(({ state, reason, since }, at) => (
            <li key={at}>
              {state === 'half-open' ? 'Being probed' : 'Its circuit breaker is open'} ({reason}) since <Time at={since} />. It comes back by itself when probes go well.
            </li>
          ))}
        </ul>
      )}
      {mayOperate && (
        <p>
          {quarantine === null ? (
            <Button variant="danger" onClick={() => setAsked('impose')}>
              Quarantine…
            </Button>
          ) : (
            <Button onClick={() => setAsked('lift')}>Lift…</Button>
          )}
        </p>
      )}
      {asked === 'impose' && <QuarantineDialog place={place} processes={live} serving={experts - out.filter((one) => one.layer === layer).length} onClose={() => setAsked(null)} />}
      {asked === 'lift' && quarantine !== null && <LiftDialog quarantine={quarantine} onClose={() => setAsked(null)} />}
    </div>
  );
}
