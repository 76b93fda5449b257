import { STATISTICS } from './peers.ts';
import { type ChangeRun, type QuietMonth } from './results.ts';
import { drawBaseline, knowledgeOf, REQUESTS_PER_MONTH, signalboxName, statisticsOf, StreamWatch, WINDOW } from './stream-watch.ts';
import { type Change, draw, randomOf, REQUESTS_PER_DAY, type Setting, weightsAt } from './traffic.ts';

/** A change not found within so many requests is missed. */
export const LIMIT = 6000;
/** Requests as before, ahead of each change, and up to a window more, so that no change waits for a window's start. */
const LEAD = 1000;
const PEAKS = 20;
/** No threshold at equal rates lies below this evidence; smaller records would only fill the file. */
export const LEAST_EVIDENCE = 1.5;
/**
 * An excursion of the evidence ends when it has lost half of its peak, or nearly all. Restarted at an alarm at a
 * threshold of two or more, it would have to grow by more than that to alarm again, so this counts too many rather
 * than too few.
 */
const LOST_SHARE = 0.5;
const IDLE_EVIDENCE = 1.2;

/** One stream-month with a baseline of its own, all drawn from the same requests. */
export function quietMonth(setting: Setting, month: number, seed: number): QuietMonth {
  const random = randomOf(seed, `${setting.name}/month ${month}`);
  const stream = month % setting.streams;
  const watch = new StreamWatch(setting, stream, drawBaseline(setting, random));
  const ours = knowledgeOf(setting).map(signalboxName);
  const statistics = statisticsOf(setting);
  const alarms: Record<string, number> = Object.fromEntries([...watch.rules.map(({ name }) => name), ...ours].map((name) => [name, 0]));
  const peaks = statistics.map((): number[] => []);
  const excursion = new Float64Array(statistics.length);
  for (let at = 0; at < REQUESTS_PER_MONTH; at += 1) {
    watch.observe(setting.pools, draw(setting.pools, weightsAt(setting, at), random));
    for (const rule of watch.rules) if (watch.alarmed(rule)) alarms[rule.name]! += 1;
    for (const [index, name] of ours.entries()) {
      alarms[name]! += watch.alarms[index]!;
      const statistic = STATISTICS.length + index;
      const value = watch.values[statistic]!;
      if (value >= Math.max(IDLE_EVIDENCE, LOST_SHARE * excursion[statistic]!)) excursion[statistic] = Math.max(excursion[statistic]!, value);
      else if (excursion[statistic]! > 0) {
        keep(peaks[statistic]!, excursion[statistic]!);
        excursion[statistic] = 0;
      }
    }
    for (let statistic = 0; statistic < STATISTICS.length; statistic += 1) if (!Number.isNaN(watch.values[statistic])) keep(peaks[statistic]!, watch.values[statistic]!);
  }
  for (const [statistic, value] of excursion.entries()) if (value > 0) keep(peaks[statistic]!, value);
  return { setting: setting.name, stream, month, alarms, peaks: Object.fromEntries(statistics.map((name, at) => [name, peaks[at]!.map(rounded)])) };
}

/** Keeps the largest values, falling. */
function keep(peaks: number[], value: number): void {
  if (peaks.length >= PEAKS && value <= peaks.at(-1)!) return;
  peaks.push(value);
  peaks.sort((a, b) => b - a);
  if (peaks.length > PEAKS) peaks.pop();
}

/** One change, all streams at once, until nothing can be found any more. */
export function changeRun(setting: Setting, change: Change, changeAt: number, rampRequests: number, repeat: number, seed: number): ChangeRun {
  const random = randomOf(seed, `${setting.name}/change ${changeAt}/ramp ${rampRequests}/repeat ${repeat}`);
  const baseline = drawBaseline(setting, random);
  const watches = Array.from({ length: setting.streams }, (_, stream) => new StreamWatch(setting, stream, baseline));
  const statistics = statisticsOf(setting);
  const ours = knowledgeOf(setting).map(signalboxName);
  const delays: Record<string, number | null> = Object.fromEntries([...watches[0]!.rules.map(({ name }) => name), ...ours].map((name) => [name, null]));
  const records = statistics.map(() => watches.map((): [number, number][] => []));
  // A change may come at any hour.
  const start = Math.floor(random() * REQUESTS_PER_DAY);
  const lead = LEAD + Math.floor(random() * WINDOW);
  for (let at = 0; at < lead + LIMIT; at += 1) {
    const since = at - lead + 1;
    const isChanged = since > 0 && (rampRequests === 0 || random() < since / rampRequests);
    const pools = isChanged ? change.pools : setting.pools;
    const weights = weightsAt(setting, start + at);
    const drawn = draw(pools, isChanged && change.mix ? weights.map((weight, domain) => weight * change.mix![domain]!) : weights, random);
    for (const [stream, watch] of watches.entries()) {
      watch.observe(pools, drawn);
      if (since <= 0) continue;
      for (const rule of watch.rules) if (watch.alarmed(rule)) delays[rule.name] ??= since;
      for (const [index, name] of ours.entries()) if (watch.alarms[index]) delays[name] ??= since;
      for (const [statistic, list] of records.entries()) {
        const value = watch.values[statistic]!;
        if (value > (list[stream]!.at(-1)?.[1] ?? (statistic < STATISTICS.length ? 0 : LEAST_EVIDENCE))) list[stream]!.push([since, rounded(value)]);
      }
    }
  }
  return { setting: setting.name, change: change.name, sizeBits: change.sizeBits, rampRequests, repeat, delays, records: Object.fromEntries(statistics.map((name, at) => [name, records[at]!])) };
}


function rounded(value: number): number {
  return Number(value.toPrecision(5));
}
