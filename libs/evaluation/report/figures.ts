import { type Difference, type Estimate, type Slice } from '../run/result.ts';

/** A number for people: whole ones as they are, others with four significant digits. */
export function figure(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(2);
  return String(Number(value.toPrecision(4)));
}

/** With its sign. */
export function change(value: number): string {
  return value > 0 ? `+${figure(value)}` : figure(value);
}

/** Such as `0.42 [0.38, 0.46]`; the interval is left out where there is none. */
export function estimate({ value, low, high }: Pick<Estimate, 'value' | 'low' | 'high'>): string {
  return low === null || high === null ? figure(value) : `${figure(value)} [${figure(low)}, ${figure(high)}]`;
}

export function difference({ value, low, high }: Difference): string {
  return low === null || high === null ? change(value) : `${change(value)} [${change(low)}, ${change(high)}]`;
}

export function probability(p: number | null): string {
  if (p === null) return '-';
  return p < 0.001 ? '< 0.001' : figure(Number(p.toPrecision(2)));
}

/** Such as `domain=german`; `all` for all items. */
export function sliceText(slice: Slice): string {
  return slice === null ? 'all' : Object.entries(slice).map(([label, value]) => `${label}=${value}`).join(', ');
}

const LEVEL = 0.05;

/** Which way a difference went, as far as it is told apart from none. */
export function direction(found: Difference | null, better: 'lower' | 'higher'): 'better' | 'worse' | 'unclear' {
  if (found === null || found.value === 0) return 'unclear';
  const { low, high, pAdjusted } = found;
  const excludesNone = low !== null && high !== null && (low > 0 || high < 0);
  const isTold = pAdjusted === null ? excludesNone : pAdjusted < LEVEL;
  if (!isTold) return 'unclear';
  return found.value > 0 === (better === 'higher') ? 'better' : 'worse';
}
