import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { adoptBaseline, createBaseline } from '../api/gen/sdk.gen.ts';
import { getBaselineOptions, getDetectionOptions, listBaselinesOptions } from '../api/gen/@tanstack/react-query.gen.ts';
import { refresh } from '../api/query-client.ts';
import { useMay, useMe } from '../session/session.ts';
import { Button } from '../ui/button.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { formatCount } from '../ui/format.ts';
import { Empty } from '../ui/states.tsx';
import { tellDone } from '../ui/toasts.tsx';

const POLL_MS = 5_000;

/** No baseline in force: how one comes about, how far it is, and what can be done about it here. */
export function BaselineNote({ model }: { readonly model: string }) {
  const mayOperate = useMay('operate');
  const isBound = useMe()?.tenant !== null;
  const enabled = !isBound;
  const { data: newest } = useQuery({ ...listBaselinesOptions({ query: { model, limit: 1 } }), enabled });
  const { data: detection } = useQuery({ ...getDetectionOptions(), enabled });
  const [asked, setAsked] = useState<'freeze' | 'adopt' | null>(null);
  const one = newest?.items[0];
  const { data: fresh } = useQuery({ ...getBaselineOptions({ path: { baselineId: one?.id ?? '' } }), enabled: one?.state === 'freezing', refetchInterval: POLL_MS });
  const baseline = fresh ?? one;
  const done = async (title: string): Promise<void> => {
    setAsked(null);
    tellDone(title);
    await refresh('detection', 'routing');
  };
  const freeze = useMutation({ mutationFn: () => createBaseline({ body: { model } }), onSuccess: () => done('A baseline is being frozen') });
  const adopt = useMutation({
    mutationFn: (reason: string) => adoptBaseline({ path: { baselineId: baseline!.id }, headers: { 'if-match': `"${baseline!.generation}"` }, body: { reason } }),
    onSuccess: () => done('The baseline is in force'),
  });
  if (baseline?.state === 'freezing') {
    return (
      <Empty title={`A baseline of ${model} is being frozen: ${baseline.layersDone} of ${baseline.layers} layers`}>
        It takes some minutes of the recorded traffic. It is in force once it is adopted; the first one of a model is adopted by itself.
      </Empty>
    );
  }
  const isReady = baseline?.state === 'ready';
  return (
    <>
      <Empty
        title={isReady ? `A baseline of ${model} is frozen but not adopted` : `${model} has no baseline yet`}
        action={
          mayOperate && (
            <Button variant="primary" onClick={() => setAsked(isReady ? 'adopt' : 'freeze')}>
              {isReady ? 'Adopt it' : 'Freeze a baseline'}
            </Button>
          )
        }
      >
        {isReady ? (
          <>It stands on {formatCount(baseline.requests)} requests. Adopt it to compare with it, here or by <code>signalbox baseline adopt {baseline.id}</code>.</>
        ) : (
          <>
            The first one freezes by itself once enough requests are recorded (SIGNALBOX_BASELINE_REQUESTS). To freeze one of the traffic recorded so far: <code>signalbox baseline freeze --model {model}</code>.
            {baseline?.state === 'failed' && <> The last try failed: {baseline.note}</>} {detection?.isRunning === false && <>No watch runs, so nothing is frozen now.</>}
          </>
        )}
      </Empty>
      <Confirm
        isOpen={asked === 'freeze'}
        onClose={() => setAsked(null)}
        title={`Freeze a baseline of ${model}`}
        consequences={['Up to 5,000 recorded requests of the stable release are drawn from as far back as traces are kept.', 'The watch freezes them layer by layer, in some minutes.', 'Nothing is compared with it before it is adopted.']}
        confirmLabel="Freeze"
        isPending={freeze.isPending}
        error={freeze.error}
        onConfirm={() => freeze.mutate()}
      />
      <Confirm
        isOpen={asked === 'adopt'}
        onClose={() => setAsked(null)}
        title={`Adopt the baseline of ${model}`}
        consequences={['From now on traffic is compared with it.', 'Its detectors begin anew.']}
        confirmLabel="Adopt"
        reason="required"
        isPending={adopt.isPending}
        error={adopt.error}
        onConfirm={(reason) => adopt.mutate(reason ?? '')}
      />
    </>
  );
}
