import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { adoptBaselineMutation, cancelBaselineMutation, listBaselinesInfiniteOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type Baseline } from '../../api/gen/types.gen.ts';
import { refresh } from '../../api/query-client.ts';
import { ReleaseLink } from '../../releases/release-link.tsx';
import { useMay } from '../../session/session.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { type Column } from '../../ui/data-table.tsx';
import { formatCount, shortId } from '../../ui/format.ts';
import { byCursor, itemsOf, PagedTable } from '../../ui/paged-table.tsx';
import { Empty } from '../../ui/states.tsx';
import { Time } from '../../ui/time.tsx';
import { tellDone } from '../../ui/toasts.tsx';
import { FreezeDialog } from './freeze-dialog.tsx';

const POLL_MS = 15_000;
const FREEZING_POLL_MS = 1500;

/** Baselines: frozen, adopted, or on the way. */
export function Baselines() {
  const mayOperate = useMay('operate');
  const [isFreezing, setFreezing] = useState(false);
  const [asked, setAsked] = useState<{ readonly what: 'adopt' | 'cancel'; readonly baseline: Baseline } | null>(null);
  const baselines = useInfiniteQuery({ ...listBaselinesInfiniteOptions({ query: { limit: 20 } }), ...byCursor, refetchInterval: ({ state: { data } }) => (itemsOf(data).some(({ state }) => state === 'freezing') ? FREEZING_POLL_MS : POLL_MS) });
  const done = async (text: string): Promise<void> => {
    setAsked(null);
    tellDone(text);
    await refresh('detection');
  };
  const adopt = useMutation({ ...adoptBaselineMutation(), onSuccess: () => done('Adopted: the detectors begin anew against it') });
  const cancel = useMutation({ ...cancelBaselineMutation(), onSuccess: () => done('Freezing has stopped') });
  const columns: Column<Baseline>[] = [
    { id: 'made', header: 'Made', isRowHeader: true, cell: ({ createdAt, model }) => <span>{model} <Time at={createdAt} /></span> },
    { id: 'release', header: 'Release', cell: ({ release }) => <ReleaseLink releaseId={release} /> },
    { id: 'state', header: 'State', cell: (baseline) => <BaselineState baseline={baseline} /> },
    { id: 'requests', header: 'Requests', align: 'right', cell: ({ requests, sampleRequests, state }) => (state === 'ready' ? formatCount(requests) : `of ${formatCount(sampleRequests)}`) },
    { id: 'segments', header: 'Segments', isSecondary: true, cell: ({ segments, mixByHour, mixBySegment }) => <span className="text-xs">{segments.length === 0 ? 'all traffic only' : segments.map((one) => Object.entries(one).map(([name, value]) => `${name} ${value}`).join(' and ')).join('; ')}{mixByHour && ' · hours are known mixes'}{mixBySegment !== null && ` · each ${mixBySegment} is a known mix`}</span> },
    { id: 'adopted', header: 'Adopted', isSecondary: true, cell: ({ adoptedAt, adoptedReason }) => (adoptedAt === null ? 'never' : <span title={adoptedReason ?? undefined}><Time at={adoptedAt} /></span>) },
    {
      id: 'do', header: <span className="sr-only">What can be done</span>, align: 'right',
      cell: (baseline) =>
        !mayOperate ? null : baseline.state === 'freezing' ? (
          <Button size="small" onClick={() => setAsked({ what: 'cancel', baseline })}>Cancel</Button>
        ) : baseline.state === 'ready' && !baseline.inForce ? (
          <Button size="small" onClick={() => setAsked({ what: 'adopt', baseline })}>Adopt</Button>
        ) : null,
    },
  ];
  return (
    <Card
      isFlush
      title="Baselines"
      lead="Frozen traffic that the present one is compared with. Adopting one is a decision."
      actions={
        mayOperate && (
          <Button size="small" onClick={() => setFreezing(true)}>
            Freeze a baseline
          </Button>
        )
      }
    >
      <PagedTable caption="Baselines by time" query={baselines} columns={columns} rowKey={({ id }) => id} empty={<Empty title="There is no baseline yet">The first one of a model freezes by itself once its stable release has 5000 recorded requests (SIGNALBOX_BASELINE_REQUESTS). With at least 1000, you can freeze one now; it takes some seconds a layer.</Empty>} />
      {isFreezing && <FreezeDialog onClose={() => setFreezing(false)} />}
      {asked !== null && (
        <Confirm
          isOpen
          onClose={() => setAsked(null)}
          title={asked.what === 'adopt' ? `Adopt the baseline of ${asked.baseline.model}` : 'Stop freezing'}
          consequences={
            asked.what === 'adopt'
              ? [`Release ${shortId(asked.baseline.release)}, and releases of ${asked.baseline.model} without a baseline of their own, are compared with this one from now on.`, 'Their detectors begin anew: what they have seen so far counts no more.', 'Alerts against the baseline before end.']
              : ['What was frozen so far is dropped.', 'Nothing else changes: it was not adopted.']
          }
          confirmLabel={asked.what === 'adopt' ? 'Adopt' : 'Stop'}
          reason={asked.what === 'adopt' ? 'required' : 'none'}
          isPending={adopt.isPending || cancel.isPending}
          error={asked.what === 'adopt' ? adopt.error : cancel.error}
          onConfirm={(reason) => {
            const path = { baselineId: asked.baseline.id };
            if (asked.what === 'cancel') cancel.mutate({ path });
            else adopt.mutate({ path, headers: { 'if-match': `"${asked.baseline.generation}"` }, body: { reason: reason ?? '' } });
          }}
        />
      )}
    </Card>
  );
}

function BaselineState({ baseline: { state, inForce, layersDone, layers, note } }: { readonly baseline: Baseline }) {
  if (state === 'freezing') {
    return (
      <span className="flex items-center gap-2">
        <progress aria-label="Layers frozen" className="h-2 w-24 accent-accent" max={layers} value={layersDone} />
        <span className="text-xs">
          {layersDone} of {layers} layers
        </span>
      </span>
    );
  }
  return (
    <span className="flex flex-wrap items-center gap-1">
      {state === 'ready' ? inForce ? <Badge tone="ok">in force</Badge> : <Badge>ready</Badge> : <Badge tone={state === 'failed' ? 'bad' : 'neutral'}>{state}</Badge>}
      {note !== null && <span className="text-xs text-ink-soft wrap-anywhere">{note}</span>}
    </span>
  );
}
