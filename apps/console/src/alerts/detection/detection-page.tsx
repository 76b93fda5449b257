import { useQuery } from '@tanstack/react-query';
import { getDetectionOptions } from '../../api/gen/@tanstack/react-query.gen.ts';
import { type Detection } from '../../api/gen/types.gen.ts';
import { ReleaseLink } from '../../releases/release-link.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Card } from '../../ui/card.tsx';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import { Figure, Figures } from '../../ui/figure.tsx';
import { formatCount, formatDuration, formatNumber } from '../../ui/format.ts';
import { Loaded } from '../../ui/states.tsx';
import { AlertsFrame } from '../parts/alerts-frame.tsx';
import { Baselines } from './baselines.tsx';
import { Readings } from './readings.tsx';

const POLL_MS = 5000;
type Watched = Detection['models'][number]['releases'][number];

/** What is watched against what, and what the detectors say now. */
export function DetectionPage() {
  const detection = useQuery({ ...getDetectionOptions(), refetchInterval: POLL_MS });
  return (
    <AlertsFrame tab="Detection">
      <Card title="What is watched" lead="Each request is compared with a frozen baseline, layer by layer.">
        <Loaded query={detection}>
          {({ isRunning, behindRequests, behindSeconds, followedRequests, models }) => (
            <div className="flex flex-col gap-4">
              <Figures>
                <Figure label="Watch" value={isRunning ? 'runs' : 'does not run'} tone={isRunning ? 'ok' : 'bad'} note={isRunning ? undefined : 'start one, or set SIGNALBOX_DETECTION to on'} />
                <Figure label="Requests behind" value={formatCount(behindRequests)} note={`oldest ${formatDuration(behindSeconds * 1000)}`} definition="Recorded requests that the detectors have not seen yet" />
                <Figure label="Requests followed" value={formatCount(followedRequests)} definition="Since the first start" />
              </Figures>
              {models.length === 0 && <p className="text-sm text-ink-soft">No model has a baseline or a release that answers.</p>}
              {models.map(({ model, releases, status }) => (
                <section key={model}>
                  <h3 className="text-sm font-semibold">{model}</h3>
                  <p className="mb-1 text-xs text-ink-soft">{status}</p>
                  <DataTable caption={`Releases of ${model} that are watched`} columns={WATCHED} rows={releases} rowKey={({ release }) => release} />
                </section>
              ))}
            </div>
          )}
        </Loaded>
      </Card>
      <Baselines />
      <Readings />
    </AlertsFrame>
  );
}

const WATCHED: readonly Column<Watched>[] = [
  { id: 'release', header: 'Release', isRowHeader: true, cell: ({ release }) => <ReleaseLink releaseId={release} /> },
  { id: 'role', header: 'Role', cell: ({ role }) => role },
  { id: 'against', header: 'Against', cell: ({ baselineId, isOwnBaseline }) => (baselineId === null ? <Badge tone="warn">no baseline</Badge> : isOwnBaseline ? 'a baseline of its own' : 'the last one adopted of the model') },
  { id: 'streams', header: 'Streams', align: 'right', isSecondary: true, cell: ({ streams }) => formatCount(streams) },
  { id: 'requests', header: 'Requests seen', align: 'right', cell: ({ requests }) => formatCount(requests) },
  { id: 'threshold', header: 'Threshold', align: 'right', isSecondary: true, cell: ({ threshold }) => formatNumber(threshold) },
  { id: 'alarms', header: 'In alarm', align: 'right', cell: ({ alarms }) => (alarms > 0 ? <Badge tone="bad">{alarms}</Badge> : 0) },
];
