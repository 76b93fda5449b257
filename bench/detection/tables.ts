import { quantile } from '../harness/summary.ts';
import { poissonInterval } from './chi-square.ts';
import { STATISTICS, type Statistic } from './peers.ts';
import { type ChangeRun, type QuietMonth, type Results, type ToldApart } from './results.ts';
import { LEAST_EVIDENCE, LIMIT } from './runs.ts';
import { PROMISED } from './stream-watch.ts';
import { CONTROL } from './traffic.ts';
import { VERDICT_LIMIT } from './told-apart.ts';

/** A rule that alarms by itself in more windows than one of ten tells nothing by when it alarms. */
const NOISY_ALARMS_PER_MONTH = 72;

interface Column {
  readonly name: string;
  readonly alarms: readonly number[];
  /** Requests to the first alarm after a change, null where missed. */
  readonly delay: (run: ChangeRun) => number | null;
}

export function showResults(results: Results): string {
  const parts = results.settings.flatMap(({ name, streams, statistics }) => {
    const months = results.months.filter(({ setting }) => setting === name);
    const runs = results.runs.filter(({ setting }) => setting === name);
    if (months.length === 0) return [];
    const defaults = defaultColumns(months);
    const equal = equalColumns(months, streams, statistics);
    const ramps = [...new Set([0, ...runs.map(({ rampRequests }) => rampRequests)])].toSorted((a, b) => a - b);
    return [
      `## ${name}\n\n${months.length} stream-months; windows of ${results.windowRequests} requests, seed ${results.seed}. Delays in requests from the change to the first alarm${streams > 1 ? ` in any of ${streams} layers` : ''}: mean, p95; missed: not within ${LIMIT.toLocaleString('en')}.`,
      ...ramps.flatMap((ramp) => {
        const these = runs.filter(({ rampRequests }) => rampRequests === ramp);
        const title = ramp === 0 ? 'abrupt changes' : `changes that grow over ${ramp.toLocaleString('en')} requests`;
        return [table(`${title}, at their defaults`, defaults, these, false), table(`${title}, each threshold set to one false alarm a stream-month`, equal, these, true)];
      }),
    ];
  });
  if (results.toldApart.length > 0) parts.push(toldApartTable(results.toldApart));
  return `${parts.join('\n\n')}\n`;
}

function defaultColumns(months: readonly QuietMonth[]): Column[] {
  return Object.keys(months[0]?.alarms ?? {}).map((name) => ({
    name: name.startsWith('Signalbox') ? `${name}: promised <= 1` : name,
    alarms: months.map(({ alarms }) => alarms[name] ?? 0),
    delay: ({ delays }) => delays[name] ?? null,
  }));
}

/** Thresholds from every other month of a stream, false alarms from the rest. */
function equalColumns(months: readonly QuietMonth[], streams: number, statistics: readonly string[]): Column[] {
  const isCalibrating = ({ month }: QuietMonth): boolean => Math.floor(month / streams) % 2 === 0;
  return statistics.flatMap((statistic): Column[] => {
    const thresholds = Array.from({ length: streams }, (_, stream) => {
      const of = months.filter((month) => month.stream === stream && isCalibrating(month));
      const values = of.flatMap(({ peaks }) => peaks[statistic] ?? []).toSorted((a, b) => b - a);
      // Strictly above the value of rank months + 1, as many alarms as months.
      const value = of.length > 0 ? (values[of.length] ?? 0) : Number.POSITIVE_INFINITY;
      return isWindowed(statistic) ? value : Math.max(LEAST_EVIDENCE, value);
    });
    // Evidence starts again at its promised threshold, so none above it can be set from what was recorded.
    if (!isWindowed(statistic) && thresholds.some((threshold) => threshold >= PROMISED && threshold < Infinity)) return [];
    const shown = thresholds.map((threshold) => threshold.toPrecision(3)).join(', ');
    return [{
      name: `${statistic} > ${shown}`,
      alarms: months.filter((month) => !isCalibrating(month)).map(({ stream, peaks }) => (peaks[statistic] ?? []).filter((value) => value > thresholds[stream]!).length),
      delay: ({ records }) => earliest((records[statistic] ?? []).map((list, stream) => list.find(([, value]) => value > thresholds[stream]!)?.[0] ?? null)),
    }];
  });
}

function isWindowed(statistic: string): statistic is Statistic {
  return (STATISTICS as readonly string[]).includes(statistic);
}

function earliest(delays: readonly (number | null)[]): number | null {
  const found = delays.filter((delay) => delay !== null);
  return found.length > 0 ? Math.min(...found) : null;
}

function table(title: string, columns: readonly Column[], runs: readonly ChangeRun[], marksBest: boolean): string {
  const changes = [...new Map(runs.map((run) => [run.change, run.sizeBits]))];
  const rows = changes.map(([change, sizeBits]) => {
    const these = runs.filter((run) => run.change === change);
    const delays = columns.map(({ delay }) => these.map(delay));
    const best = marksBest && change !== CONTROL ? bestOf(delays, columns.map(({ delay }) => runs.filter((run) => run.change === CONTROL).map(delay))) : -1;
    const cells = columns.map(({ alarms }, at) => (mean(alarms) > NOISY_ALARMS_PER_MONTH ? 'fires by itself' : at === best ? `**${showDelays(delays[at]!)}**` : showDelays(delays[at]!)));
    const size = change.endsWith('bit') || change === CONTROL ? '' : ` (${sizeBits.toPrecision(2)} bit)`;
    return `| ${change}${size} | ${cells.join(' | ')} |`;
  });
  return [
    `### ${title}\n`,
    `| ${['', ...columns.map(({ name }) => name)].join(' | ')} |`,
    `|---|${columns.map(() => '---|').join('')}`,
    `| false alarms in a stream-month (95 % interval) | ${columns.map(({ alarms }) => showRate(alarms)).join(' | ')} |`,
    ...rows,
  ].join('\n');
}

/** The column with the shortest mean delay, misses counted as the limit; -1 where it misses any or is no better than half of what false alarms alone give. */
function bestOf(delays: readonly (readonly (number | null)[])[], control: readonly (readonly (number | null)[])[]): number {
  const scores = delays.map(meanDelay);
  const best = scores.indexOf(Math.min(...scores));
  return !delays[best]!.includes(null) && scores[best]! < meanDelay(control[best]!) / 2 ? best : -1;
}

const meanDelay = (values: readonly (number | null)[]): number => mean(values.map((value) => value ?? LIMIT));

const isMostlyMissed = (values: readonly (number | null)[]): boolean => values.filter((value) => value === null).length * 2 > values.length;

function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

function showRate(alarms: readonly number[]): string {
  const total = alarms.reduce((a, b) => a + b, 0);
  const { low, high } = poissonInterval(total);
  const digits = total / alarms.length >= 10 ? 0 : 2;
  return `${(total / alarms.length).toFixed(digits)} (${(low / alarms.length).toFixed(digits)} to ${(high / alarms.length).toFixed(digits)})`;
}

function showDelays(values: readonly (number | null)[]): string {
  const missed = values.filter((value) => value === null).length;
  if (values.length === 0) return '';
  if (isMostlyMissed(values)) return `missed ${missed}/${values.length}`;
  const found = values.map((value) => value ?? LIMIT);
  return `${missed > 0 ? '>= ' : ''}${meanDelay(values).toFixed(0)}, ${quantile(found, 0.95)}${missed > 0 ? `, missed ${missed}/${values.length}` : ''}`;
}

function toldApartTable(all: readonly ToldApart[]): string {
  const changes = [...new Map(all.map(({ change, truth }) => [change, truth]))];
  const rows = changes.map(([change, truth]) => {
    const these = all.filter((one) => one.change === change);
    const said = (verdict: ToldApart['verdict']): number => these.filter((one) => one.verdict === verdict).length;
    const layers = (of: (one: ToldApart) => readonly number[]): string => mean(these.map((one) => of(one).length)).toFixed(1);
    const requests = these.flatMap((one) => (one.requests === null ? [] : [one.requests]));
    return `| ${change} | ${truth} | ${said('nothing')} | ${said('mix')} | ${said('both')} | ${said('router')} | ${said('undecided')} | ${layers(({ mixLayers }) => mixLayers)}, ${layers(({ routerLayers }) => routerLayers)} | ${requests.length > 0 ? `${quantile(requests, 0.5)}, ${quantile(requests, 0.95)}` : '-'} |`;
  });
  return [
    `## Told apart\n\nAll layers, ${VERDICT_LIMIT.toLocaleString('en')} requests after the change; runs that ended with each verdict, and how many layers say so on average.\n`,
    '| change | what it is | nothing | mix shift | both, in different layers | router shift | undecided | layers with a mix shift, router shift | requests to the first verdict: median, p95 |',
    '|---|---|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}
