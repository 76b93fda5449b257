import { type GuardFigures, type Rollout, type RolloutRequest, type StepFigures } from '../../api/gen/types.gen.ts';
import { type Tone } from '../../ui/badge.tsx';
import { formatCount, formatDuration, formatNumber, formatPercent } from '../../ui/format.ts';

export type RolloutPlan = RolloutRequest['plan'];

/** A rollout's plan as it was sent, with defaults filled in; the API hands it back as it is. */
export function planOf({ plan }: Pick<Rollout, 'plan'>): RolloutPlan {
  return plan as RolloutPlan;
}

export const STATES: Readonly<Record<Rollout['state'], { readonly tone: Tone; readonly words: string }>> = {
  running: { tone: 'info', words: 'in progress' },
  paused: { tone: 'warn', words: 'paused' },
  completed: { tone: 'ok', words: 'completed' },
  failed: { tone: 'bad', words: 'rolled back by a guard' },
  aborted: { tone: 'neutral', words: 'aborted' },
  superseded: { tone: 'neutral', words: 'superseded' },
};

const REASONS: Readonly<Record<string, string>> = {
  baking: 'The step has not lasted long enough yet.',
  'too-few-requests': 'The candidate has not answered enough requests in this step.',
  'too-few-expert-tokens': 'A changed expert has not taken enough tokens in this step.',
  'expert-not-reached': 'No token has reached a changed expert.',
  'guard-without-data': 'A guard has not seen enough to pass.',
  'interval-too-wide': 'The interval of a guard is too wide to pass.',
  'all-guards-passed': 'Time, requests and tokens are there, and no guard has failed.',
  'guard-failed': 'A guard has shown harm beyond its margin: the candidate was rolled back.',
  'no-data': 'The step ended its time without any data.',
  inconclusive: 'The step ended its time without enough evidence.',
  'command-refused': 'The activation refused what comes next.',
  'paused-by-hand': 'Somebody paused it.',
  'resumed-by-hand': 'Somebody resumed it.',
  'aborted-by-hand': 'Somebody aborted it: all requests went back to the stable release.',
  'canary-aborted': 'Somebody else aborted the canary.',
  'canary-replaced': 'Somebody else started another canary.',
  'share-changed': 'Somebody else changed the share of the canary.',
  'stable-changed': 'Somebody else changed the stable release.',
  'shadow-stopped': 'Somebody else stopped the shadow.',
  'activation-gone': 'The model is served no longer.',
};

/** A named reason of a verdict as a sentence. */
export function reasonInWords(reason: string): string {
  return REASONS[reason] ?? `${reason.charAt(0).toUpperCase()}${reason.slice(1).replaceAll('-', ' ')}.`;
}

/** A figure of a guard in its unit; a difference bears its sign. */
export function inUnit(value: number | null, unit: GuardFigures['unit'], isDifference = false): string {
  if (value === null) return 'none';
  const sign = isDifference && value > 0 ? '+' : '';
  if (unit === 'share') return `${sign}${formatPercent(value, 2)}`;
  return `${sign}${formatNumber(value)} ${unit === 'score' ? 'in score' : unit === 'bits' ? 'bit' : 'nat'}`;
}

export interface GuardVerdict {
  readonly tone: Tone;
  /** One or two words. */
  readonly verdict: string;
  /** What the figures say, in sentences. */
  readonly words: string;
}

/** What a guard's figures say. */
export function guardVerdict({ unit, stepObservations, minObservations, effect, interval, margin, eValue, peakEValue, failsAt, layer }: GuardFigures): GuardVerdict {
  const where = layer === null ? '' : `, in layer ${layer}`;
  const range = interval === null ? '' : ` (${formatPercent(interval.level, 0)} interval ${inUnit(interval.low, unit, true)} to ${inUnit(interval.high, unit, true)})`;
  if (effect === null) return { tone: 'neutral', verdict: 'no data', words: `It has seen nothing yet, and needs ${formatCount(minObservations)} observations in this step.` };
  const seen = `The candidate differs by ${inUnit(effect, unit, true)}${range}${where}; above 0 is worse, and ${inUnit(margin, unit)} is allowed.`;
  if (peakEValue >= failsAt) return { tone: 'bad', verdict: 'failed', words: `${seen} The evidence that it is worse than that reached ${formatNumber(peakEValue)}, and ${formatNumber(failsAt)} is its limit.` };
  if (stepObservations < minObservations) return { tone: 'neutral', verdict: 'too little seen', words: `${seen} ${formatCount(stepObservations)} of ${formatCount(minObservations)} observations that it needs in this step.` };
  const evidence = `Evidence of harm beyond the margin is ${formatNumber(eValue)} of ${formatNumber(failsAt)}.`;
  return interval !== null && interval.high <= margin ? { tone: 'ok', verdict: 'within the margin', words: `${seen} ${evidence}` } : { tone: 'ok', verdict: 'no proof of harm', words: `${seen} ${evidence}` };
}

/** How far a step has come, from 0 to 1, by the part of what it asks for that is furthest behind. */
export function stepProgress(figures: StepFigures, bakeMs: number): number {
  const seen = figures.share === 0 ? figures.comparedRequests : figures.candidateRequests;
  const tokens = Object.values(figures.expertTokens).map(Number);
  const guards = figures.guards.map(({ stepObservations, minObservations }) => part(stepObservations, minObservations));
  const parts = [part(figures.elapsedMs, bakeMs), part(seen, figures.minRequests), ...tokens.map((one) => part(one, figures.minTokensPerChangedExpert)), ...guards];
  return Math.min(1, ...parts);
}

function part(done: number, asked: number): number {
  return asked <= 0 ? 1 : Math.max(0, done / asked);
}

/** What a step has, beside what it asks for. */
export function stepInWords(figures: StepFigures, bakeMs: number): string {
  const shadow = figures.share === 0;
  return [
    `${formatDuration(figures.elapsedMs)} of at least ${formatDuration(bakeMs)}`,
    `${formatCount(shadow ? figures.comparedRequests : figures.candidateRequests)} of ${formatCount(figures.minRequests)} requests ${shadow ? 'compared' : 'answered by the candidate'}`,
    ...(figures.guards.length > 0 ? [`${figures.guards.filter(({ stepObservations, minObservations }) => stepObservations >= minObservations).length} of ${figures.guards.length} guards have seen enough`] : []),
    ...(figures.minTokensPerChangedExpert > 0 ? [`least tokens of a changed expert ${formatCount(Math.min(...Object.values(figures.expertTokens).map(Number)))} of ${formatCount(figures.minTokensPerChangedExpert)}`] : []),
  ].join(', ');
}

/** A guard's name for people. */
export function guardTitle(guard: string): string {
  const [kind = guard, ...rest] = guard.split('/');
  const title = TITLES[kind] ?? kind;
  return rest.length === 0 ? title : `${title} (${rest.join(', ').replaceAll('-', ' ')})`;
}

const TITLES: Readonly<Record<string, string>> = {
  'error-rate': 'Error rate',
  latency: 'Latency',
  'drop-rate': 'Drop rate',
  'routing-divergence': 'Routing divergence',
  'output-divergence': 'Output divergence',
  feedback: 'Feedback',
};
