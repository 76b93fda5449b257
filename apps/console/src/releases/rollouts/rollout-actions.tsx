import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { abortRollout, pauseRollout, resumeRollout } from '../../api/gen/sdk.gen.ts';
import { type Rollout } from '../../api/gen/types.gen.ts';
import { refresh } from '../../api/query-client.ts';
import { useMay } from '../../session/session.ts';
import { Button, ButtonLink } from '../../ui/button.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { formatPercent, shortId } from '../../ui/format.ts';
import { tellDone } from '../../ui/toasts.tsx';

type Act = 'pause' | 'resume' | 'abort';

const SENDERS = { pause: pauseRollout, resume: resumeRollout, abort: abortRollout } as const;
const LABELS: Readonly<Record<Act, string>> = { pause: 'Pause', resume: 'Resume', abort: 'Abort' };

function consequences(act: Act, { candidate, stable, share, step }: Rollout): string[] {
  switch (act) {
    case 'pause':
      return [`Release ${shortId(candidate)} keeps ${formatPercent(share)} of the requests in scope.`, 'Its guards go on watching: one that fails still rolls it back.', 'No further step begins until somebody resumes it.'];
    case 'resume':
      return [`The time of step ${step + 1} begins anew; its evidence stays.`, 'From then on each step continues, pauses or is rolled back by itself.'];
    case 'abort':
      return [`All requests go back to release ${shortId(stable)} at once. It is in memory still.`, `Release ${shortId(candidate)} gets no more requests and runs as a shadow no longer.`, 'The rollout ends. To try again, start another one.'];
  }
}

/** What can be done about a rollout that is under way. It promotes its candidate by itself; to do that early, promote the canary under Serving, which ends the rollout. */
export function RolloutActions({ rollout }: { readonly rollout: Rollout }) {
  const { id, state, endedAt, model, share } = rollout;
  const [act, setAct] = useState<Act | null>(null);
  const mayOperate = useMay('operate');
  const send = useMutation({
    mutationFn: ({ which, reason }: { readonly which: Act; readonly reason: string | undefined }) => SENDERS[which]({ path: { rolloutId: id }, body: { reason } }),
    onSuccess: async (_, { which }) => {
      tellDone(`${LABELS[which]}: done`);
      setAct(null);
      await refresh('rollouts', 'models', 'audit');
    },
  });
  if (!mayOperate || endedAt !== null) return null;
  const ask = (which: Act): void => {
    send.reset();
    setAct(which);
  };
  return (
    <>
      {state === 'running' && <Button onClick={() => ask('pause')}>Pause…</Button>}
      {state === 'paused' && <Button onClick={() => ask('resume')}>Resume…</Button>}
      {share > 0 && share < 1 && (
        <ButtonLink to="/releases" search={{ model, command: 'promote' }}>
          Promote now…
        </ButtonLink>
      )}
      <Button variant="danger" onClick={() => ask('abort')}>
        Abort…
      </Button>
      {act !== null && (
        <Confirm
          key={act}
          isOpen
          onClose={() => setAct(null)}
          title={`${LABELS[act]} the rollout`}
          consequences={consequences(act, rollout)}
          confirmLabel={LABELS[act]}
          isDangerous={act === 'abort'}
          reason="optional"
          isPending={send.isPending}
          error={send.error}
          onConfirm={(reason) => send.mutate({ which: act, reason })}
        />
      )}
    </>
  );
}
