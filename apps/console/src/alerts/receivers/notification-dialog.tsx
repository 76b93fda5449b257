import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { getNotificationOptions, replayNotificationMutation } from '../../api/gen/@tanstack/react-query.gen.ts';
import { refresh } from '../../api/query-client.ts';
import { useMay } from '../../session/session.ts';
import { Button } from '../../ui/button.tsx';
import { CheckboxField } from '../../ui/fields.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ProblemForm } from '../../ui/problem-form.tsx';
import { Loaded } from '../../ui/states.tsx';
import { ShortId } from '../../ui/short-id.tsx';
import { tellDone } from '../../ui/toasts.tsx';
import { AttemptView } from './attempt-view.tsx';
import { DeliveryBadge } from './delivery-badge.tsx';

/** One notification: what it tells, every attempt to deliver it, and trying again. */
export function NotificationDialog({ notificationId, isReceiverOn, onClose }: { readonly notificationId: string; readonly isReceiverOn: boolean; readonly onClose: () => void }) {
  const notification = useQuery(getNotificationOptions({ path: { notificationId } }));
  const mayOperate = useMay('operate');
  const [isEvenSuperseded, setEvenSuperseded] = useState(false);
  const replay = useMutation({
    ...replayNotificationMutation(),
    onSuccess: async () => {
      tellDone('It is sent again', 'With the same id, at once.');
      await refresh('receivers');
      onClose();
    },
  });
  return (
    <Dialog isOpen onClose={onClose} title="Notification" width="wide">
      <Loaded query={notification}>
        {({ id, state, failure, sequence, reason, told, log }) => (
          <div className="flex flex-col gap-4">
            <p className="flex flex-wrap items-center gap-3 text-sm">
              <DeliveryBadge state={state} failure={failure} />
              <span>number {sequence} of its group</span>
              <span className="text-ink-soft">{reason.replaceAll('-', ' ')}</span>
              <ShortId id={id} what="webhook-id" />
            </p>
            <section>
              <h3 className="mb-1 text-xs font-medium text-ink-soft">What it tells</h3>
              <ul className="flex max-h-48 flex-col gap-1 overflow-auto text-sm" tabIndex={0} aria-label="Alerts that it tells of">
                {told.map((alert, index) => (
                  <li key={index} className="wrap-anywhere">
                    {text(alert['status'])}: {text(alert['ruleName'])} <span className="text-ink-soft">{summaryOf(alert)}</span>
                  </li>
                ))}
              </ul>
            </section>
            <section>
              <h3 className="mb-1 text-xs font-medium text-ink-soft">Attempts, oldest first</h3>
              {log.length === 0 ? (
                <p className="text-sm text-ink-soft">None yet.</p>
              ) : (
                <ol className="flex flex-col gap-3">
                  {log.map((attempt, index) => (
                    <li key={index}>
                      <AttemptView attempt={attempt} />
                    </li>
                  ))}
                </ol>
              )}
            </section>
            {mayOperate && state === 'dead' && reason !== 'test' && (
              <ProblemForm error={replay.error} fields={[]} label="Replay" onSubmit={() => replay.mutate({ path: { notificationId: id }, body: { evenSuperseded: isEvenSuperseded } })}>
                <CheckboxField name="evenSuperseded" label="Even if its group has told more since" hint="The receiver would hear what is no longer so." checked={isEvenSuperseded} onChange={(event) => setEvenSuperseded(event.target.checked)} />
                <div>
                  <Button type="submit" disabled={replay.isPending || !isReceiverOn}>
                    {isReceiverOn ? 'Replay: send it again with the same id' : 'Switch the receiver on to replay'}
                  </Button>
                </div>
              </ProblemForm>
            )}
          </div>
        )}
      </Loaded>
    </Dialog>
  );
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function summaryOf(alert: Readonly<Record<string, unknown>>): string {
  const finding = alert['finding'];
  return typeof finding === 'object' && finding !== null && 'summary' in finding ? text(finding.summary) : '';
}
