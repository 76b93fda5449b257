import { freezeUsageBaseline, type UsageBaseline } from '#libs/detection/baseline/usage-baseline';
import { DEFAULT_DETECTOR } from '#libs/detection/usage-shift/settings';
import { seededRandom } from '#libs/stats/testing/random-requests';
import { describeMachine } from '../harness/machine.ts';
import { option } from '../harness/options.ts';
import { quantile } from '../harness/summary.ts';
import { type WindowRule, windowRules } from './peers.ts';
import { diurnal, type DomainWeights, drawRequest, EVEN, type RequestCounts, type Setting } from './setting.ts';
import { syntheticSetting } from './synthetic.ts';
import { type Monitor, sharesOf, shiftMonitor, windowMonitor } from './watch.ts';

const WINDOW = 50;
const WINDOWS_PER_MONTH = 720;
const REQUESTS_PER_MONTH = WINDOW * WINDOWS_PER_MONTH;
const STREAMS = 32;
/** A change not found within so many requests is missed. */
const LIMIT = 6000;
/** Requests as before, ahead of each change. */
const LEAD = 1000;

const MONTHS = Number(option('months', '100'));
const SEED = Number(option('seed', '7'));

interface Subject {
  readonly name: string;
  readonly monitor: () => Monitor;
}

function referenceOf(setting: Setting): { counts: number[]; requests: RequestCounts[] } {
  const longest = Math.max(...setting.baseline.map(({ requests }) => requests.length));
  const requests = Array.from({ length: longest }, (_, at) => setting.baseline.flatMap((pool) => (pool.requests[at] ? [pool.requests[at]] : []))).flat();
  const counts = Array.from({ length: setting.experts }, () => 0);
  for (const request of requests) for (const [j, count] of request.entries()) counts[j]! += count;
  return { counts, requests };
}

function baselineOf(setting: Setting): UsageBaseline {
  return freezeUsageBaseline(setting.baseline.map(({ name, requests }) => ({ name, shares: requests.map(sharesOf) })));
}

/** Alarms in each month of traffic that stays as it was. */
function falseAlarms(subject: Subject, setting: Setting, weights: DomainWeights, months: number, random: () => number): number[] {
  return Array.from({ length: months }, () => {
    const monitor = subject.monitor();
    let alarms = 0;
    for (let at = 0; at < REQUESTS_PER_MONTH; at += 1) {
      if (monitor.observe(drawRequest(setting.fresh, weights(at, setting.fresh.length), random))) alarms += 1;
    }
    return alarms;
  });
}

/** Requests from the change to the first alarm, null where it is missed; alarms before the change do not count. */
function delays(subject: Subject, setting: Setting, sizeBits: number, rampRequests: number, repeats: number, random: () => number): (number | null)[] {
  const weights = EVEN(0, setting.fresh.length);
  return setting.changes
    .filter((change) => change.sizeBits === sizeBits)
    .flatMap((change) =>
      Array.from({ length: repeats }, () => {
        const monitor = subject.monitor();
        for (let at = 0; at < LEAD; at += 1) monitor.observe(drawRequest(setting.fresh, weights, random));
        for (let at = 0; at < LIMIT; at += 1) {
          const changed = rampRequests === 0 || random() < (at + 1) / rampRequests;
          if (monitor.observe(drawRequest(changed ? change.pools : setting.fresh, weights, random))) return at + 1;
        }
        return null;
      }),
    );
}

/** The threshold at which a window rule gives one false alarm a month on this traffic. */
function equalRate(rule: WindowRule, setting: Setting, weights: DomainWeights, months: number, random: () => number): WindowRule {
  const values: number[] = [];
  for (let month = 0; month < months; month += 1) {
    for (let at = 0; at < WINDOWS_PER_MONTH; at += 1) {
      values.push(rule.statistic(Array.from({ length: WINDOW }, (_, inside) => drawRequest(setting.fresh, weights(at * WINDOW + inside, setting.fresh.length), random))));
    }
  }
  values.sort((a, b) => b - a);
  // Strictly above the value of rank months + 1, so that `months` windows in `months` months alarm.
  const threshold = values[months - 1] ?? Infinity;
  return { ...rule, name: `${rule.name} -> ${threshold.toPrecision(3)}`, threshold };
}

/** The lowest of some thresholds at which the detector gives at most one false alarm a month on this traffic. */
function lowestThreshold(ours: (threshold: number) => Subject, setting: Setting, weights: DomainWeights): Subject {
  const months = 10;
  const kept = [3, 10, 30, 100, 300, 1000, 3000, 10_000].find((threshold) => {
    const alarms = falseAlarms(ours(threshold), setting, weights, months, seededRandom(SEED + 400));
    return alarms.reduce((a, b) => a + b, 0) <= months;
  });
  return ours(kept ?? REQUESTS_PER_MONTH);
}

function showRate(alarms: readonly number[]): string {
  const mean = alarms.reduce((a, b) => a + b, 0) / alarms.length;
  const total = mean * alarms.length;
  // Rule of three for none, else a normal interval of the months' mean.
  const spread = Math.sqrt(alarms.reduce((a, b) => a + (b - mean) ** 2, 0) / Math.max(1, alarms.length - 1) / alarms.length);
  const upper = total === 0 ? 3 / alarms.length : mean + 1.96 * spread;
  return `${mean.toFixed(2)} (${Math.max(0, mean - 1.96 * spread).toFixed(2)} to ${upper.toFixed(2)})`;
}

function showDelay(values: readonly (number | null)[]): string {
  const missed = values.filter((value) => value === null).length;
  if (missed * 2 > values.length) return `missed ${missed}/${values.length}`;
  const found = values.map((value) => value ?? LIMIT);
  const mean = found.reduce((a, b) => a + b, 0) / found.length;
  return `${missed > 0 ? '>=' : ''}${mean.toFixed(0)}, p95 ${quantile(found, 0.95)}${missed > 0 ? `, missed ${missed}/${values.length}` : ''}`;
}

function table(title: string, subjects: readonly Subject[], setting: Setting, weights: DomainWeights, months: number): void {
  const sizes = [...new Set(setting.changes.map(({ sizeBits }) => sizeBits))];
  process.stdout.write(`\n### ${title}\n\n| rule | false alarms in a stream-month | ${sizes.map((size) => `${size} bit`).join(' | ')} |\n|---|---|${sizes.map(() => '---|').join('')}\n`);
  for (const [index, subject] of subjects.entries()) {
    const alarms = falseAlarms(subject, setting, weights, months, seededRandom(SEED + index));
    const cells = sizes.map((size) => showDelay(delays(subject, setting, size, 0, 4, seededRandom(SEED + 100))));
    process.stdout.write(`| ${subject.name} | ${showRate(alarms)} | ${cells.join(' | ')} |\n`);
  }
}

function gradual(subjects: readonly Subject[], setting: Setting, rampRequests: number): void {
  const sizes = [...new Set(setting.changes.map(({ sizeBits }) => sizeBits))].filter((size) => size >= 0.002);
  process.stdout.write(`\n### ${setting.name}, growing over ${rampRequests} requests\n\n| rule | ${sizes.map((size) => `${size} bit`).join(' | ')} |\n|---|${sizes.map(() => '---|').join('')}\n`);
  for (const subject of subjects) {
    const cells = sizes.map((size) => showDelay(delays(subject, setting, size, rampRequests, 4, seededRandom(SEED + 200))));
    process.stdout.write(`| ${subject.name} | ${cells.join(' | ')} |\n`);
  }
}

function subjectsOf(setting: Setting, weights: DomainWeights): { defaults: Subject[]; equal: Subject[] } {
  const rules = windowRules(referenceOf(setting), STREAMS, WINDOW);
  const baseline = baselineOf(setting);
  const ours = (threshold: number): Subject => ({ name: `Signalbox, threshold ${threshold}`, monitor: () => shiftMonitor(baseline, threshold, DEFAULT_DETECTOR) });
  const windowed = (rule: WindowRule): Subject => ({ name: rule.name, monitor: () => windowMonitor(rule, WINDOW) });
  // The tests of tokens have no threshold that gives one a month: their p-values underflow.
  const calibrated = rules.filter(({ name }) => !name.includes('chi-square')).map((rule) => equalRate(rule, setting, weights, 20, seededRandom(SEED + 300)));
  return { defaults: [...rules.map(windowed), ours(REQUESTS_PER_MONTH)], equal: [...calibrated.map(windowed), ours(REQUESTS_PER_MONTH), lowestThreshold(ours, setting, weights)] };
}

process.stdout.write(`${describeMachine()}; seed ${SEED}, ${MONTHS} stream-months of ${REQUESTS_PER_MONTH} requests, windows of ${WINDOW} requests\n`);
const sizes = { baseline: 5000, fresh: 8000, changed: 1200 };
const plain = syntheticSetting(1, sizes, seededRandom(SEED));
const rules = subjectsOf(plain, EVEN);
table(`${plain.name}: at their defaults`, rules.defaults, plain, EVEN, MONTHS);
table(`${plain.name}: at one false alarm a month each`, rules.equal, plain, EVEN, Math.min(MONTHS, 20));
gradual(rules.defaults, plain, 2000);
const mixed = syntheticSetting(4, sizes, seededRandom(SEED + 1));
const swing = diurnal(REQUESTS_PER_MONTH / 30);
table(`${mixed.name}, swinging with the day: at their defaults`, subjectsOf(mixed, swing).defaults, mixed, swing, MONTHS);
