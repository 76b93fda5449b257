import { type ListedEvaluation } from '../api/gen/types.gen.ts';
import { type Tone } from '../ui/badge.tsx';
import { formatNumber, formatPercent } from '../ui/format.ts';
import { type Kind } from './evaluation-search.ts';

export interface KindWords {
  readonly label: string;
  /** What it answers. */
  readonly about: string;
  readonly reference: 'needed' | 'optional' | 'none';
  /** Kinds of tasks of a suite that it reads; null: all. */
  readonly reads: string | null;
}

export const KIND_WORDS: Readonly<Record<Kind, KindWords>> = {
  suite: { label: 'Suite', about: 'Does the candidate keep its gates, and what got better or worse against the reference?', reference: 'optional', reads: null },
  attribution: { label: 'Attribution', about: 'Was it the router or the experts, and which ones?', reference: 'needed', reads: 'likelihood' },
  concentration: { label: 'Safety concentration', about: 'Which experts carry refusals?', reference: 'none', reads: 'safety' },
  privacy: { label: 'Privacy of routing', about: 'How much does a trace tell of the text, at each capture level?', reference: 'none', reads: 'likelihood' },
  recalibration: { label: 'Recalibration', about: 'What would a bias on the selection do to balance and quality?', reference: 'none', reads: 'likelihood' },
};

export function kindLabel(kind: string): string {
  return KIND_WORDS[kind as Kind]?.label ?? kind;
}

export const STATE_WORDS: Readonly<Record<ListedEvaluation['state'], { readonly tone: Tone; readonly about: string }>> = {
  queued: { tone: 'neutral', about: 'It waits for its turn.' },
  running: { tone: 'info', about: 'It is being measured.' },
  succeeded: { tone: 'accent', about: 'It has a result, whatever its verdict.' },
  failed: { tone: 'bad', about: 'It could not be measured; the reason says why.' },
  cancelled: { tone: 'neutral', about: 'Somebody ended it. What it measured is kept for an equal run.' },
};

export const OUTCOMES: Readonly<Record<string, { readonly tone: Tone; readonly words: string }>> = {
  pass: { tone: 'ok', words: 'pass' },
  fail: { tone: 'bad', words: 'fail' },
  inconclusive: { tone: 'warn', words: 'inconclusive' },
};

export function hasEnded({ state }: Pick<ListedEvaluation, 'state'>): boolean {
  return state !== 'queued' && state !== 'running';
}

/** Steps done of all, 0 to 1; null before they are known. */
export function partDone({ progress: { stepsDone, steps } }: Pick<ListedEvaluation, 'progress'>): number | null {
  return steps === null ? null : steps === 0 ? 1 : Math.min(1, stepsDone / steps);
}

export function progressInWords({ progress: { stepsDone, stepsKnown, steps } }: Pick<ListedEvaluation, 'progress'>): string {
  if (steps === null) return 'Its steps are being planned.';
  const known = stepsKnown === 0 ? '' : `, of which ${stepsKnown} ${stepsKnown === 1 ? 'was' : 'were'} known before and cost nothing`;
  return `${stepsDone} of ${steps} steps (${formatPercent(steps === 0 ? 1 : stepsDone / steps, 0)})${known}.`;
}

const UNITS: Readonly<Record<string, string>> = { 'bits/byte': ' bit/B', bits: ' bit', ms: ' ms', rows: ' rows' };

/** A figure in the unit that the result names. */
export function inUnit(value: number | null, unit: string, isDifference = false): string {
  if (value === null) return 'none';
  const sign = isDifference && value > 0 ? '+' : '';
  if (unit === 'share') return `${sign}${formatPercent(value, 2)}`;
  return `${sign}${formatNumber(value)}${UNITS[unit] ?? (unit === '' ? '' : ` ${unit}`)}`;
}
