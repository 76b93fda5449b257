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
export const LEAST_EVIDENCE = 2;
/**
 * Finds the peaks of evidence that alarms would have come of: one begins when the evidence has doubled since
 * it was lowest, and ends when it has lost half. Restarted at an alarm at a threshold of two or more, the evidence
 * would have to grow by as much again to alarm again.
 */
class Upswings {
  #lowest = 1;
  #peak: number | null = null;

  /** The peak that this value ended, or null. */
  add(value: number): number | null {
    if (this.#peak === null) {
      this.#lowest = Math.min(this.#lowest, value);
      if (value >= 2 * this.#lowest) this.#peak = value;
      return null;
    }
    if (value > this.#peak / 2) {
      this.#peak = Math.max(this.#peak, value);
      return null;
    }
    this.#lowest = value;
    return this.end();
  }

  end(): number | null {
    const peak = this.#peak;
    this.#peak = null;
    return peak;
  }
}

/** One stream-month with a baseline of its own, all drawn from the same requests. */
export function quietMonth(setting: Setting, month: number, seed: number): QuietMonth {
  const random = randomOf(seed, `${setting.name}/month ${month}`);
  const stream = month % setting.streams;
  const watch = new StreamWatch(setting, stream, drawBaseline(setting, random));
  const ours = knowledgeOf(setting).map(signalboxName);
  const statistics = statisticsOf(setting);
  const alarms: Record<string, number> = Object.fromEntries([...watch.rules.map(({ name }) => name), ...ours].map((name) => [name, 0]));
  const peaks = statistics.map((): number[] => []);
  const upswings = ours.map(() => new Upswings());
  for (let at = 0; at < REQUESTS_PER_MONTH; at += 1) {
    watch.observe(setting.pools, draw(setting.pools, weightsAt(setting, at), random));
    for (const rule of watch.rules) if (watch.alarmed(rule)) alarms[rule.name]! += 1;
    for (const [index, name] of ours.entries()) {
      alarms[name]! += watch.alarms[index]!;
      const statistic = STATISTICS.length + index;
      const ended = upswings[index]!.add(watch.values[statistic]!);
      if (ended !== null) keep(peaks[statistic]!, ended);
    }
    for (let statistic = 0; statistic < STATISTICS.length; statistic += 1) if (!Number.isNaN(watch.values[statistic])) keep(peaks[statistic]!, watch.values[statistic]!);
  }
  for (const [index, swing] of upswings.entries()) {
    const last = swing.end();
    if (last !== null) keep(peaks[STATISTICS.length + index]!, last);
  }
  return { setting: setting.name, stream, month, alarms, peaks: Object.fromEntries(statistics.map((name, at) => [name, peaks[at]!.map(rounded)])) };
}

/** Keeps the largest values, falling. */
function keep(peaks: number[], value: number): void {
  if (peaks.length >= PEAKS && value <= peaks.at(-1)!) return;
  peaks.push(value);
  peaks.sort((a, b) => b - a);
  if (peaks.length > PEAKS) peaks.pop();
}

/** One change, all streams at once, with a baseline of its own. */
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
  return { setting: setting.name, at: changeAt, change: change.name, sizeBits: change.sizeBits, rampRequests, repeat, delays, records: Object.fromEntries(statistics.map((name, at) => [name, records[at]!])) };
}


function rounded(value: number): number {
  return Number(value.toPrecision(5));
}
