import { useMutation, useQuery } from '@tanstack/react-query';
import { CircleCheck, Undo2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { getActivationOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { abortCanary, rollbackActivation } from '../../api/gen/sdk.gen.ts';
import { type AlertDetail, type AlertFinding } from '../../api/gen/types.gen.ts';
import { refresh } from '../../api/query-client.ts';
import { ReleaseLink } from '../../releases/release-link.tsx';
import { useMay } from '../../session/session.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { formatPercent, shortId } from '../../ui/format.ts';
import { CopyButton } from '../../ui/short-id.tsx';
import { Time } from '../../ui/time.tsx';
import { tellDone } from '../../ui/toasts.tsx';
import { isPending as canStillBeDone, NO_WAY_BACK } from './way-back-state.ts';

const POLL_MS = 3000;

/** What would undo what was found, the button that does it, and how the alert comes to its end. */
export function WayBack({ alert, finding }: { readonly alert: AlertDetail; readonly finding: AlertFinding }) {
  const { wayBack, wayBackReason, model, release } = finding;
  if (alert.state === 'normal') {
    return (
      <Card title="Resolved">
        <p className="flex items-center gap-2 text-sm">
          <CircleCheck size={18} aria-hidden className="shrink-0 text-ok" />
          <span>{alert.endedAt === null ? 'It does not fire any more.' : <>It ended <Time at={alert.endedAt} as="relative" />, at <Time at={alert.endedAt} />. Whoever was told that it fires is told of its end.</>}</span>
        </p>
      </Card>
    );
  }
  if (wayBack === null || model === null) {
    return (
      <Card title="The way back">
        <p className="text-sm">{NO_WAY_BACK[wayBackReason] ?? 'There is none.'}</p>
      </Card>
    );
  }
  return <Offer alert={alert} wayBack={wayBack} model={model} release={release} />;
}

function Offer({ alert, wayBack, model, release }: { readonly alert: AlertDetail; readonly wayBack: NonNullable<AlertFinding['wayBack']>; readonly model: string; readonly release: string | null }) {
  const [isAsking, setAsking] = useState(false);
  const mayOperate = useMay('operate');
  const activation = useQuery({ ...getActivationOptions({ path: { model } }), refetchInterval: POLL_MS });
  const goBack = useMutation({
    mutationFn: async (reason: string | undefined) => {
      const options = { path: { model }, body: { ...wayBack.body, ...(reason !== undefined && { reason }) } };
      return wayBack.kind === 'rollback' ? rollbackActivation(options) : abortCanary(options);
    },
    onSuccess: async () => {
      setAsking(false);
      tellDone(wayBack.kind === 'rollback' ? 'Rolled back' : 'The canary is aborted', `New requests of ${model} are answered by ${shortId(wayBack.to)}.`);
      await refresh('models', 'alerts', 'rollouts', 'detection');
    },
  });
  const now = activation.data;
  const isOpen = now === undefined || canStillBeDone(wayBack.kind, release, now);
  const verb = wayBack.kind === 'rollback' ? 'Roll back' : 'Abort the canary';
  if (!isOpen) {
    return (
      <Card title="The way back is taken" lead="The alert resolves by itself when the detectors no longer find the condition for as long as its rule asks.">
        <ol className="flex flex-col gap-2 text-sm" aria-label="Way to the end of the alert">
          <Step isDone text={<>{model} is answered by {now.releaseId === null ? 'another release' : <ReleaseLink releaseId={now.releaseId} />}{now.activatedAt !== null && <> since <Time at={now.activatedAt} as="relative" /></>}</>} />
          <Step isDone={alert.state === 'recovering'} text="The condition holds no more" />
          <Step isDone={false} text="The alert resolves, and those who were told hear of it" />
        </ol>
      </Card>
    );
  }
  const consequences = [
    wayBack.kind === 'rollback' ? (
      <>
        New requests of <strong>{model}</strong> are answered by <ReleaseLink releaseId={wayBack.to} /> instead of {release === null ? 'the present release' : <ReleaseLink releaseId={release} />}, at once.
      </>
    ) : (
      <>
        The canary {release !== null && <ReleaseLink releaseId={release} />} of <strong>{model}</strong> takes no more requests{now?.canary && <> (now {formatPercent(now.canary.share)})</>}; <ReleaseLink releaseId={wayBack.to} /> answers all of them.
      </>
    ),
    'Requests under way end on the release they began with. None fails.',
    wayBack.kind === 'rollback' ? (now?.canary ? <>The canary <ReleaseLink releaseId={now.canary.releaseId} /> ends too.</> : 'No canary runs.') : 'If it belongs to a rollout, the rollout ends.',
    'It is written into the audit log, with your name.',
  ];
  return (
    <Card title="The way back" lead={wayBack.kind === 'rollback' ? 'The release became active after the baseline, and another one answered before.' : 'The release is a canary.'}>
      <ul className="mb-3 flex list-disc flex-col gap-1 pl-5 text-sm">
        {consequences.slice(0, 3).map((one, index) => (
          <li key={index}>{one}</li>
        ))}
      </ul>
      <div className="flex flex-wrap items-center gap-3">
        {mayOperate ? (
          <Button variant="danger" icon={<Undo2 size={15} aria-hidden />} onClick={() => setAsking(true)}>
            {verb} to {shortId(wayBack.to)}
          </Button>
        ) : (
          <p className="text-sm text-ink-soft">Needs the permission to operate: ask someone who has it.</p>
        )}
        <span className="inline-flex items-center gap-1 text-xs text-ink-soft">
          <code className="font-mono wrap-anywhere">{wayBack.command}</code>
          <CopyButton text={wayBack.command} label="Copy the command" />
        </span>
      </div>
      <Confirm isOpen={isAsking} onClose={() => setAsking(false)} title={`${verb}: ${model}`} consequences={consequences} confirmLabel={verb} isDangerous reason="optional" isPending={goBack.isPending} error={goBack.error} onConfirm={(reason) => goBack.mutate(reason)} />
    </Card>
  );
}

function Step({ isDone, text }: { readonly isDone: boolean; readonly text: ReactNode }) {
  return (
    <li className="flex items-center gap-2">
      {isDone ? <CircleCheck size={16} className="shrink-0 text-ok" aria-hidden /> : <span aria-hidden className="mx-0.5 size-3 shrink-0 rounded-full border-2 border-line-strong" />}
      <span>
        {text}
        <span className="sr-only">{isDone ? ' (done)' : ' (not yet)'}</span>
      </span>
    </li>
  );
}
