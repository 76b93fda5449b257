import { type Cause } from '#libs/evaluation/attribute/cause';
import { FAULTS } from './planted-faults.ts';
import { type Guess, SETTINGS, type Trial } from './trial.ts';

const CAUSES: readonly Cause[] = ['router', 'expert', 'both', 'interaction', 'backbone', 'neither'];
const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
const share = (of: readonly Trial[], holds: (trial: Trial) => boolean): number => (of.length === 0 ? Number.NaN : of.filter(holds).length / of.length);
const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string => [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');

const isRight = ({ felt, result }: Trial): boolean => felt.cause === result.cause;
const isAsPlanted = ({ planted, result }: Trial): boolean => planted.cause === result.cause;
const sameSet = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((one) => b.includes(one));

export function report(trials: readonly Trial[]): string {
  return [
    '### What was planted (rows) and what was said (columns)', '', confusion(trials, FAULTS, ({ planted }) => planted.fault, isAsPlanted), '',
    '### What is felt of it on other texts (rows) and what was said (columns)', '', confusion(trials, CAUSES, ({ felt }) => felt.cause, isRight), '',
    '### Components named, where one is felt', '', naming(trials), '',
    '### By severity', '', bySeverity(trials), '',
    '### Whether the confidence is right', '', reliability(trials), '', plausible(trials), '',
    '### By how far what is felt is from the bound', '', byDistance(trials), '',
    '### Beside what a user would do instead', '', baselines(trials), '',
    '### Cost', '', cost(trials),
  ].join('\n');
}

function confusion(trials: readonly Trial[], rows: readonly string[], rowOf: (trial: Trial) => string, right: (trial: Trial) => boolean): string {
  const said = CAUSES.filter((cause) => trials.some(({ result, planted }) => result.cause === cause || planted.cause === cause));
  const lines = rows.flatMap((name) => {
    const own = trials.filter((trial) => rowOf(trial) === name);
    return own.length === 0 ? [] : [[name, own.length, ...said.map((cause) => own.filter(({ result }) => result.cause === cause).length), percent(share(own, right))]];
  });
  return table(['', 'trials', ...said, 'right'], [...lines, ['all', trials.length, ...said.map((cause) => trials.filter(({ result }) => result.cause === cause).length), percent(share(trials, right))]]);
}

function naming(trials: readonly Trial[]): string {
  const guilty = trials.filter(({ felt }) => felt.guilty.length > 0);
  const lines = FAULTS.flatMap((fault) => {
    const own = guilty.filter(({ planted }) => planted.fault === fault);
    return own.length === 0 ? [] : [[fault, own.length, ...namingFigures(own)]];
  });
  return table(['planted', 'trials', 'exactly those', 'all of those among the named', 'first named is one of those'], [...lines, ['all', guilty.length, ...namingFigures(guilty)]]);
}

function namingFigures(own: readonly Trial[]): string[] {
  return [
    percent(share(own, ({ felt, result }) => sameSet(felt.guilty, result.named))),
    percent(share(own, ({ felt, result }) => felt.guilty.every((name) => result.named.includes(name)))),
    percent(share(own, ({ felt, result }) => felt.guilty.includes(result.named[0] ?? ''))),
  ];
}

function bySeverity(trials: readonly Trial[]): string {
  const severities = [...new Set(trials.map(({ planted }) => planted.severity))].toSorted((a, b) => a - b);
  return table(['severity', 'trials', 'median change, bits/byte', 'cause as planted', 'cause as felt', 'exactly those felt named'], severities.map((severity) => {
    const own = trials.filter(({ planted }) => planted.severity === severity);
    const sorted = own.map(({ result }) => result.change.value).toSorted((a, b) => a - b);
    return [severity, own.length, sorted[Math.floor(sorted.length / 2)]!.toPrecision(3), percent(share(own, isAsPlanted)), percent(share(own, isRight)), percent(share(own, ({ felt, result }) => sameSet(felt.guilty, result.named)))];
  }));
}

const BINS = [0, 0.5, 0.7, 0.8, 0.9, 0.95, 1.000001] as const;

/** Brier score: mean of (confidence - right)^2 (Brier 1950). Expected calibration error: mean over bins, by their trials, of |right - confidence| (Naeini et al. 2015). */
function reliability(trials: readonly Trial[]): string {
  let gap = 0;
  const lines = BINS.slice(0, -1).flatMap((low, at) => {
    const high = BINS[at + 1]!;
    const own = trials.filter(({ result: { confidence } }) => confidence >= low && confidence < high);
    if (own.length === 0) return [];
    const mean = own.reduce((sum, { result }) => sum + result.confidence, 0) / own.length;
    const right = share(own, isRight);
    gap += (own.length / trials.length) * Math.abs(right - mean);
    return [[`${low} to ${Math.min(1, high)}`, own.length, mean.toFixed(3), right.toFixed(3)]];
  });
  const brier = trials.reduce((sum, trial) => sum + (trial.result.confidence - (isRight(trial) ? 1 : 0)) ** 2, 0) / trials.length;
  const base = share(trials, isRight);
  return `${table(['confidence', 'trials', 'mean confidence', 'share right'], lines)}\n\nBrier score ${brier.toFixed(4)} (always saying the share that is right: ${(base * (1 - base)).toFixed(4)}), expected calibration error ${gap.toFixed(3)}.`;
}

/** Where causes cannot be told apart the run names more than one; logs of earlier versions have none. */
function plausible(trials: readonly Trial[]): string {
  const own = trials.flatMap(({ felt, result }) => (result.plausible ? [{ count: result.plausible.length, isCovered: result.plausible.includes(felt.cause) }] : []));
  const [decided, open] = [own.filter(({ count }) => count === 1), own.filter(({ count }) => count > 1)];
  const covered = (of: typeof own): string => percent(of.filter(({ isCovered }) => isCovered).length / of.length);
  return own.length === 0 ? '' : `Decided: ${decided.length} trials, ${covered(decided)} right. Undecided between causes: ${open.length} trials, the right one among them in ${covered(open)}, ${(open.reduce((sum, { count }) => sum + count, 0) / open.length).toFixed(1)} causes in the mean.`;
}

/** Within two of its own standard errors of the bound, what is felt is not known either. */
const UNKNOWN_ERRORS = 2;

function byDistance(trials: readonly Trial[]): string {
  const isNear = ({ felt: { change, lostBits } }: Trial): boolean => {
    if (!lostBits || change === 0) return false;
    const total = lostBits.reduce((sum, bits) => sum + bits, 0);
    const mean = total / lostBits.length;
    const variance = lostBits.reduce((sum, bits) => sum + (bits - mean) ** 2, 0) / (lostBits.length - 1);
    const standardError = Math.abs(change / total) * Math.sqrt(lostBits.length * variance);
    return Math.abs(Math.abs(change) - SETTINGS.minBitsPerByte) < UNKNOWN_ERRORS * standardError;
  };
  return table(['what is felt', 'trials', 'cause as felt', 'mean confidence'], ([['nearer to the bound than twice its standard error', isNear], ['further', (trial: Trial) => !isNear(trial)]] as const).map(([name, holds]) => {
    const own = trials.filter(holds);
    return [name, own.length, percent(share(own, isRight)), (own.reduce((sum, { result }) => sum + result.confidence, 0) / own.length).toFixed(2)];
  }));
}

function baselines(trials: readonly Trial[]): string {
  const guilty = trials.filter(({ felt }) => felt.guilty.length > 0);
  const line = (name: string, guess: (trial: Trial) => Guess): (string | number)[] => [
    name,
    percent(share(trials, (trial) => guess(trial).cause === trial.felt.cause)),
    percent(share(trials, (trial) => guess(trial).cause === trial.planted.cause)),
    percent(share(guilty, (trial) => sameSet(trial.felt.guilty, guess(trial).named))),
    Math.round(trials.reduce((sum, trial) => sum + guess(trial).rows, 0) / trials.length),
  ];
  return table(['way', 'cause as felt', 'cause as planted', 'exactly those felt named', 'mean forward passes of a token'], [
    line('attribution', ({ result }) => ({ cause: result.cause, named: result.named, rows: result.cost.rows })),
    line('swap alone: the larger main effect', ({ swapOnly }) => swapOnly),
    line('relative change of weights, 5 % or more', ({ weightNorm }) => weightNorm),
  ]);
}

function cost(trials: readonly Trial[]): string {
  return table(['planted', 'trials', 'forward passes of a token: median', 'least', 'most', 'compositions scored, median'], FAULTS.flatMap((fault) => {
    const own = trials.filter(({ planted }) => planted.fault === fault);
    if (own.length === 0) return [];
    const rows = own.map(({ result }) => result.cost.rows).toSorted((a, b) => a - b);
    const compositions = own.map(({ result }) => result.cost.coalitions).toSorted((a, b) => a - b);
    return [[fault, own.length, rows[Math.floor(rows.length / 2)]!, rows[0]!, rows.at(-1)!, compositions[Math.floor(compositions.length / 2)]!]];
  }));
}
