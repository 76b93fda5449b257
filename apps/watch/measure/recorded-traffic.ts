import { type RecordedTraffic } from '#libs/detection/windows/silence';
import { type ObservedProcess } from '#libs/store/activation/observed-activations';
import { type UsageReader } from '#libs/store/usage/usage-reader';
import { type UsageQuery } from '#libs/store/usage/usage-query';

type Usage = Pick<UsageReader, 'usageMatrix'>;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Silence that lasts longer than this is not looked at any more. */
const LOOK_BACK_MS = 8 * DAY_MS;
/** Processes report at least each few seconds; one that was not seen for longer is away. */
const PROCESS_AWAY_MS = 60_000;

/** What the roll-ups know of a model's requests, to the minute. What is older is only read when the last hour is empty or nearly so. */
export async function recordedTraffic(usage: Usage, model: string, processes: readonly ObservedProcess[], nowMs: number, recordingMs: number): Promise<RecordedTraffic> {
  const isServed = processes.some(({ lastSeenAtMs, models }) => nowMs - lastSeenAtMs <= PROCESS_AWAY_MS && models.some((one) => one.model === model && one.state === 'ready'));
  const lately = await requestsBy(usage, model, 'minute', nowMs - HOUR_MS - 15 * MINUTE_MS, nowMs + MINUTE_MS);
  const last = lately.at(-1)?.bucketMs ?? (await minuteOf('last', usage, model, nowMs - LOOK_BACK_MS, nowMs));
  if (last === null) return { lastRecordedMs: null, firstRecordedMs: null, requestsInLastHour: 0, requestsADayAgo: 0, isServed };
  const lastRecordedMs = Math.min(nowMs, last + MINUTE_MS);
  const hour = await requestsBy(usage, model, 'minute', lastRecordedMs - HOUR_MS, lastRecordedMs);
  const traffic = { lastRecordedMs, firstRecordedMs: hour[0]?.bucketMs ?? last, requestsInLastHour: sum(hour), requestsADayAgo: 0, isServed };
  if (nowMs - lastRecordedMs <= recordingMs) return traffic;
  const earlierMs = await minuteOf('first', usage, model, nowMs - LOOK_BACK_MS, nowMs - DAY_MS);
  const aDayAgo = await requestsBy(usage, model, 'minute', nowMs - DAY_MS - HOUR_MS / 2, nowMs - DAY_MS + HOUR_MS / 2);
  return { ...traffic, firstRecordedMs: earlierMs ?? traffic.firstRecordedMs, requestsADayAgo: sum(aDayAgo) };
}

/** The minute of the first or the last requests in a time, epoch milliseconds. Not the hour, which would make them older than they are, unless its minutes are no longer kept. */
async function minuteOf(which: 'first' | 'last', usage: Usage, model: string, fromMs: number, toMs: number): Promise<number | null> {
  const at = which === 'first' ? 0 : -1;
  const hourMs = (await requestsBy(usage, model, 'hour', fromMs, toMs)).at(at)?.bucketMs;
  if (hourMs === undefined) return null;
  return (await requestsBy(usage, model, 'minute', hourMs, hourMs + HOUR_MS)).at(at)?.bucketMs ?? hourMs;
}

/** Requests by point in time, oldest first; those without any are left out. */
async function requestsBy(usage: Usage, model: string, time: NonNullable<UsageQuery['groupBy']>['time'] & string, fromMs: number, toMs: number): Promise<{ bucketMs: number; requests: number }[]> {
  const { groups } = await usage.usageMatrix({ of: { model }, fromMs, toMs, layer: 0, groupBy: { release: true, time } });
  return groups
    .map(({ bucketMs, layers }) => ({ bucketMs: bucketMs ?? fromMs, requests: layers[0]?.requests ?? 0 }))
    .filter(({ requests }) => requests > 0)
    .toSorted((a, b) => a.bucketMs - b.bucketMs);
}

function sum(points: readonly { readonly requests: number }[]): number {
  return points.reduce((all, { requests }) => all + requests, 0);
}
