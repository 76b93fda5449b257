import { type Reading } from '#libs/detection/reading/reading';
import { measureDegradedShare } from '#libs/detection/windows/degraded-share';
import { type UnavailableExpert, unavailableExperts } from '#libs/detection/windows/expert-unavailable';
import { processStatus } from '#libs/governance/activation/observed';
import { concerning } from '#libs/governance/quarantine/quarantine';
import { type ObservedProcess } from '#libs/store/activation/observed-activations';
import { type DegradedMinutes } from '#libs/store/quarantine/degraded-minutes';
import { type QuarantineHolds } from '#libs/store/quarantine/quarantine-holds';
import { type StoredQuarantine } from '#libs/store/quarantine/quarantine-rows';
import { type Quarantines } from '#libs/store/quarantine/quarantines';
import { type ServedRelease } from './measured-releases.ts';

/** Fewer requests in a window say nothing of it. */
const LIMITS = { minRequests: 20 };
/** What a process told before is history: it tells of itself each second. */
const HEARD_WITHIN_MS = 30_000;
const MAX_NOTE = 400;

export interface AvailabilityPorts {
  readonly quarantines: Pick<Quarantines, 'inForce'>;
  readonly holds: Pick<QuarantineHolds, 'experts'>;
  readonly degraded: Pick<DegradedMinutes, 'count'>;
}

type Order = StoredQuarantine & { readonly sinceMs: number };

/** Experts of these releases that do not serve, and how much of their traffic went another way. */
export async function availabilityReadings(ports: AvailabilityPorts, releases: readonly ServedRelease[], processes: readonly ObservedProcess[], nowMs: number, windowMs: number): Promise<readonly Reading[]> {
  const { quarantines } = await ports.quarantines.inForce();
  const readings: Reading[] = [];
  for (const release of releases) {
    const { model, releaseId } = release;
    const orders = concerning(quarantines.filter((one) => one.model === model), release).map((one) => ({ ...one, sinceMs: one.createdAtMs }));
    const out = (await ports.holds.experts(model, nowMs - HEARD_WITHIN_MS)).filter((one) => one.releaseId === releaseId);
    const live = processes.filter((process) => processStatus(process, nowMs) === 'live' && process.models.some(({ resident }) => resident.includes(releaseId))).length;
    for (const one of unavailableExperts(orders, out, live)) readings.push(unavailableReading(release, one, live, nowMs));
    readings.push(await shareReading(ports, release, nowMs, windowMs));
  }
  return readings;
}

function unavailableReading({ model, releaseId }: ServedRelease, one: UnavailableExpert<Order>, live: number, nowMs: number): Reading {
  return {
    signal: 'expert-unavailable', labels: { model, release: releaseId, layer: String(one.layer), expert: String(one.expert) }, atMs: nowMs, value: one.value, interval: null, alarm: null, evidence: null,
    detail: { experts: [{ expert: one.expert, share: null, baselineShare: null, eValue: null }], sinceMs: one.sinceMs, note: noteOf(model, one, live) },
  };
}

/** Why, and the way back. */
function noteOf(model: string, { order, failures, processes }: UnavailableExpert<Order>, live: number): string {
  if (order === null) {
    return `Its circuit breaker is open (${failures.join(', ')}) in ${processes} of ${live} processes. It is probed and comes back by itself; if it does not, roll back (signalbox rollback --model ${model}) or release a sound version of it.`;
  }
  const until = order.untilMs === null ? '' : ` until ${new Date(order.untilMs).toISOString()}`;
  const why = order.reason.length > MAX_NOTE ? `${order.reason.slice(0, MAX_NOTE)}...` : order.reason;
  return `In quarantine${until}, by ${order.createdByName}: ${why}. To put it back: signalbox experts lift ${order.id} --model ${model}.`;
}

async function shareReading({ degraded }: AvailabilityPorts, { model, releaseId, number }: ServedRelease, nowMs: number, windowMs: number): Promise<Reading> {
  const counts = await degraded.count(number, nowMs - windowMs, nowMs + 1);
  const { value, interval, reason } = measureDegradedShare(counts, LIMITS);
  const note = reason === 'measured'
    ? `${counts.degradedDecisions} of ${counts.decisions} decisions went another way; ${counts.denseRequests} requests were answered by the dense model, ${counts.generalistRequests} took the generalist path. GET /api/v1/models/${encodeURIComponent(model)}/expert-health says which experts are out`
    : `fewer than ${LIMITS.minRequests} requests in the window`;
  return { signal: 'degraded-share', labels: { model, release: releaseId }, atMs: nowMs, value, interval, alarm: null, evidence: null, detail: { requests: counts.requests, note } };
}
