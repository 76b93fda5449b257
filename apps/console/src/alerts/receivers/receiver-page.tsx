import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { getReceiverOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { BackLink } from '../../releases/back-link.tsx';
import { useMay } from '../../session/session.ts';
import { Badge } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { Figure, Figures } from '../../ui/figure.tsx';
import { Page } from '../../ui/page.tsx';
import { Loaded } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { DeliveryLog } from './delivery-log.tsx';
import { ReceiverActions } from './receiver-actions.tsx';
import { ReceiverTest } from './receiver-test.tsx';
import { KINDS } from './target-draft.ts';

/** One receiver: how it is told, and what became of what it was told. */
export function ReceiverPage() {
  const { receiverId } = useParams({ strict: false }) as { readonly receiverId: string };
  const receiver = useQuery(getReceiverOptions({ path: { receiverId } }));
  const mayOperate = useMay('operate');
  const { data } = receiver;
  return (
    <Page
      title={data?.name ?? 'Receiver'}
      lead={
        data && (
          <span className="flex flex-wrap items-center gap-2">
            {KINDS[data.kind].label}
            {data.disabledReason === null ? <Badge tone="ok">on</Badge> : <Badge tone="bad">{data.disabledReason === 'gone' ? 'off: it answered 410 Gone' : 'off'}</Badge>}
            <span>
              changed <Time at={data.updatedAt} as="relative" />
            </span>
          </span>
        )
      }
      actions={data && mayOperate && <ReceiverActions receiver={data} />}
    >
      <BackLink label="Receivers" to="/alerts/receivers" />
      <Loaded query={receiver} rows={6}>
        {(found) => (
          <>
            <div className="grid gap-4 lg:grid-cols-2">
              <Card title="Settings" lead={KINDS[found.kind].about}>
                <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 text-sm">
                  {Object.entries(found.settings).map(([name, value]) => (
                    <Setting key={name} name={name} text={Array.isArray(value) ? value.join(', ') : String(value ?? 'none')} />
                  ))}
                  <Setting name="secrets" text={found.secrets.length === 0 ? 'none' : `${found.secrets.join(', ')} (never shown)`} />
                </dl>
                <div className="mt-4">
                  <Figures>
                    <Figure label="Waiting" value={found.waiting} definition="Notifications that wait to be delivered" />
                    <Figure label="Dead letters" value={found.deadLetters} tone={found.deadLetters > 0 ? 'bad' : 'neutral'} definition="Notifications that were given up and are kept" />
                  </Figures>
                </div>
              </Card>
              {mayOperate && <ReceiverTest receiverId={found.id} />}
            </div>
            <DeliveryLog receiver={found} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Setting({ name, text }: { readonly name: string; readonly text: string }) {
  return (
    <>
      <dt className="text-ink-soft">{name}</dt>
      <dd className="font-mono text-xs leading-5 wrap-anywhere">{text}</dd>
    </>
  );
}
