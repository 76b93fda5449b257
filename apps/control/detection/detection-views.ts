import { type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';
import { type Reading } from '#libs/detection/reading/reading';
import { type Baseline } from '#libs/store/detection/baseline';
import { type Overview, type WatchedRelease } from '#libs/store/detection/detection-overview';

type BaselineBody = RouteOutput<typeof ROUTES.getBaseline>;
type ReadingBody = RouteOutput<typeof ROUTES.listReadings>['items'][number];
type PastReadingBody = RouteOutput<typeof ROUTES.listReadingHistory>['items'][number];
type DetectionBody = RouteOutput<typeof ROUTES.getDetection>;

const iso = (epochMs: number): string => new Date(epochMs).toISOString();
const isoOrNull = (epochMs: number | null | undefined): string | null => (epochMs === null || epochMs === undefined ? null : iso(epochMs));
/** JSON knows no infinity. */
const finite = (value: number | null): number | null => (value === null || !Number.isFinite(value) ? null : value);

/** @param adopted ids of the baselines that are in force */
export function baselineBody(baseline: Baseline, adopted: ReadonlySet<string>): BaselineBody {
  const { options } = baseline;
  return {
    id: baseline.id, model: baseline.model, release: baseline.releaseId, layers: baseline.layers, experts: baseline.experts, state: baseline.state, generation: baseline.generation,
    from: iso(baseline.fromMs), to: iso(baseline.toMs), sampleRequests: options.sampleRequests, segments: options.segments.map((segment) => ({ ...segment })), mixByHour: options.mixByHour, mixBySegment: options.mixBySegment,
    layersDone: baseline.layersDone, requests: baseline.requests, requestsPerMonth: baseline.requestsPerMonth, threshold: baseline.threshold, note: baseline.note,
    createdBy: baseline.createdBy, createdAt: iso(baseline.createdAtMs), endedAt: isoOrNull(baseline.endedAtMs),
    adoptedAt: isoOrNull(baseline.adoptedAtMs), adoptedBy: baseline.adoptedBy, adoptedReason: baseline.adoptedReason, inForce: adopted.has(baseline.id),
  };
}

export function pastReadingBody({ signal, labels, atMs, value, interval, alarm, evidence }: Reading): PastReadingBody {
  return { signal, labels: { ...labels }, at: iso(atMs), value: finite(value), interval: interval && { low: interval.low, high: interval.high }, alarm, evidence: finite(evidence) };
}

export function readingBody(reading: Reading): ReadingBody {
  const { experts = [], baselineId = null, requests = null, sinceMs, exampleRequestIds = [], note = null } = reading.detail;
  return { ...pastReadingBody(reading), experts: experts.map((expert) => ({ ...expert, eValue: finite(expert.eValue) })), baselineId, requests, since: isoOrNull(sinceMs), exampleRequestIds: [...exampleRequestIds], note };
}

export function detectionBody({ lag, followedRequests, isRunning, releases, freezing }: Overview): DetectionBody {
  const models = [...new Set([...releases, ...freezing].map(({ model }) => model))].toSorted();
  return {
    behindRequests: lag.requests, behindSeconds: lag.seconds, followedRequests, isRunning,
    models: models.map((model) => {
      const own = releases.filter((release) => release.model === model);
      const making = freezing.filter((baseline) => baseline.model === model);
      return {
        model,
        releases: own.map(({ releaseId, role, baseline, streams, requests, alarms }) => ({
          release: releaseId, role, baselineId: baseline?.id ?? null, isOwnBaseline: baseline?.releaseId === releaseId, threshold: baseline?.threshold ?? null, streams, requests, alarms,
        })),
        freezing: making.map(({ id, releaseId, layersDone, layers }) => ({ baselineId: id, release: releaseId, layersDone, layers })),
        status: statusOf(own, making.length > 0, isRunning),
      };
    }),
  };
}

function statusOf(releases: readonly WatchedRelease[], isFreezing: boolean, isRunning: boolean): string {
  if (!isRunning) return 'No watch runs: nothing is followed. Start one, or set SIGNALBOX_DETECTION to on.';
  const unwatched = releases.filter(({ baseline }) => baseline === null).length;
  if (unwatched > 0) return isFreezing ? 'A baseline is being made.' : 'Not everything that answers is watched: it has no baseline of its shape yet. The first one freezes by itself once enough requests are recorded (SIGNALBOX_BASELINE_REQUESTS); POST /api/v1/baselines makes others.';
  return releases.some(({ alarms }) => alarms > 0) ? 'Watched; some streams are in alarm.' : 'Watched.';
}
