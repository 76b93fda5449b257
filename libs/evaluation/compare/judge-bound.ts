import { type Estimate, type GateReason, type Outcome } from '../run/result.ts';

export interface Bound {
  readonly side: 'atMost' | 'atLeast';
  readonly bound: number;
}

/**
 * Whether a figure keeps a bound. By `interval` the whole interval must lie on the right side to pass and
 * on the wrong side to fail; where it holds the bound, or there is none, nothing is shown. By `items` the
 * figure itself decides: it is then about these items and no others.
 */
export function judgeBound({ value, low, high }: Pick<Estimate, 'value' | 'low' | 'high'>, { side, bound }: Bound, judged: 'items' | 'interval'): { readonly outcome: Outcome; readonly reason: GateReason } {
  const keeps = (figure: number): boolean => (side === 'atMost' ? figure <= bound : figure >= bound);
  if (judged === 'items') return keeps(value) ? { outcome: 'pass', reason: 'bound-kept' } : { outcome: 'fail', reason: 'bound-broken' };
  if (low === null || high === null) return { outcome: 'inconclusive', reason: 'too-few-items' };
  if (keeps(low) && keeps(high)) return { outcome: 'pass', reason: 'bound-kept' };
  if (keeps(low) || keeps(high)) return { outcome: 'inconclusive', reason: 'interval-holds-bound' };
  return { outcome: 'fail', reason: 'bound-broken' };
}

/** A figure in a sentence, such as `1.42 [1.40, 1.45] bits/byte of 24 items`. */
export function inWords({ value, low, high }: Pick<Estimate, 'value' | 'low' | 'high'>, unit: string): string {
  const interval = low === null || high === null ? '' : ` [${short(low)}, ${short(high)}]`;
  return `${short(value)}${interval} ${unit}`;
}

/** Four significant digits. */
export function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}
