import { freezeUsageBaseline, type KnownMix, type UsageBaseline } from '#libs/detection/baseline/usage-baseline';
import { alarmThreshold, DEFAULT_DETECTOR } from '#libs/detection/usage-shift/settings';
import { newShiftState, observeRequest, shiftEvidence, type ShiftState } from '#libs/detection/usage-shift/shift-detector';
import { option } from '../harness/options.ts';
import { type Reference, STATISTICS, type WindowRule, windowRules, windowStatistics } from './peers.ts';
import { bandAt, draw, type Drawn, REQUESTS_PER_DAY, type Setting, weightsAt } from './traffic.ts';
import { WindowSums } from './window-sums.ts';

/** Requests of a window that rules look at; another one by `--window`. */
export const WINDOW = Number(option('window', '50'));
export const REQUESTS_PER_MONTH = 36_000;
/** Streams that share one person's attention: the Bonferroni correction of Alibi Detect needs it. */
const STREAMS = 32;
/** One false alarm in a stream-month on average, at most. */
export const PROMISED = alarmThreshold(1, REQUESTS_PER_MONTH, 1);
const STEADY_BASELINE = 5000;
const DIURNAL_BASELINE = 10 * REQUESTS_PER_DAY;

export type Knowledge = 'one mix' | 'hours' | 'segments';

export const knowledgeOf = (setting: Setting): readonly Knowledge[] => (setting.isDiurnal ? ['hours', 'segments', 'one mix'] : ['one mix']);

/** What a statistic of a subject is called in results. */
export const signalboxName = (knowledge: Knowledge): string => (knowledge === 'one mix' ? 'Signalbox' : `Signalbox, mixes known by ${knowledge === 'hours' ? 'hour' : 'segment'}`);

/** Statistics in the order in which a StreamWatch reports them: those of windows, then Signalbox's evidence. */
export const statisticsOf = (setting: Setting): readonly string[] => [...STATISTICS, ...knowledgeOf(setting).map(signalboxName)];

/** A baseline's requests, in order of time. */
export interface BaselineDraw {
  readonly requests: readonly Drawn[];
  readonly bands: readonly number[];
}

export function drawBaseline(setting: Setting, random: () => number): BaselineDraw {
  const length = setting.isDiurnal ? DIURNAL_BASELINE : STEADY_BASELINE;
  const requests = Array.from({ length }, (_, at) => draw(setting.pools, weightsAt(setting, at), random));
  return { requests, bands: requests.map((_, at) => bandAt(at)) };
}

interface Signalbox {
  readonly baseline: UsageBaseline;
  readonly state: ShiftState;
}

/** All rules and detectors on one stream, told of the same requests. */
export class StreamWatch {
  /** Default rules of windows, each with the index of its statistic. */
  readonly rules: readonly (WindowRule & { readonly at: number })[];
  /** Value of each statistic at the last request; NaN where it gave none. */
  readonly values: Float64Array;
  /** Which of the Signalbox detectors alarmed at the last request, at the promised threshold. */
  readonly alarms: Uint8Array;
  readonly #reference: Reference;
  readonly #window: WindowSums;
  readonly #ours: readonly Signalbox[];

  readonly #stream: number;

  constructor(setting: Setting, stream: number, baseline: BaselineDraw) {
    const { experts } = setting;
    this.#stream = stream;
    this.#reference = referenceOf(setting, stream, baseline);
    this.rules = windowRules(this.#reference, STREAMS).map((rule) => ({ ...rule, at: STATISTICS.indexOf(rule.statistic) }));
    this.#window = new WindowSums(experts);
    this.#ours = knowledgeOf(setting).map((knowledge) => ({ baseline: freezeUsageBaseline(mixesOf(setting, stream, baseline, knowledge)), state: newShiftState(experts, DEFAULT_DETECTOR) }));
    this.values = new Float64Array(STATISTICS.length + this.#ours.length);
    this.alarms = new Uint8Array(this.#ours.length);
  }

  /** Takes a request of `setting` in. */
  observe(pools: Setting['pools'], { domain, index }: Drawn): void {
    const { counts, shares } = pools[domain]!.streams[this.#stream]!;
    const one = shares[index]!;
    this.values.fill(Number.NaN, 0, STATISTICS.length);
    this.#window.add(counts, index * one.length);
    if (this.#window.requests === WINDOW) {
      this.values.set(windowStatistics(this.#window, this.#reference));
      this.#window.clear();
    }
    for (const [at, { baseline, state }] of this.#ours.entries()) {
      const alarm = observeRequest(state, one, baseline, PROMISED, DEFAULT_DETECTOR);
      this.alarms[at] = alarm ? 1 : 0;
      this.values[STATISTICS.length + at] = alarm ? alarm.evidence : shiftEvidence(state);
    }
  }

  /** Whether a default rule alarmed at the last request. */
  alarmed({ at, threshold, isStrict }: StreamWatch['rules'][number]): boolean {
    const value = this.values[at]!;
    return isStrict ? value > threshold : value >= threshold;
  }
}

function mixesOf(setting: Setting, stream: number, { requests, bands }: BaselineDraw, knowledge: Knowledge): KnownMix[] {
  const mixes = new Map<number, Float32Array[]>();
  for (const [at, { domain, index }] of requests.entries()) {
    const mix = knowledge === 'one mix' ? 0 : knowledge === 'hours' ? bands[at]! : domain;
    const known = mixes.get(mix);
    const one = setting.pools[domain]!.streams[stream]!.shares[index]!;
    if (known) known.push(one);
    else mixes.set(mix, [one]);
  }
  return [...mixes].map(([mix, shares]) => ({ name: String(mix), shares }));
}

function referenceOf(setting: Setting, stream: number, { requests }: BaselineDraw): Reference {
  const { experts, pools } = setting;
  const counts = Array.from({ length: experts }, () => 0);
  const windows: number[][] = [];
  const sums = new WindowSums(experts);
  for (const { domain, index } of requests) {
    sums.add(pools[domain]!.streams[stream]!.counts, index * experts);
    if (sums.requests < WINDOW) continue;
    for (let j = 0; j < experts; j += 1) counts[j]! += sums.counts[j]!;
    windows.push([...sums.counts]);
    sums.clear();
  }
  return { counts, windows };
}
