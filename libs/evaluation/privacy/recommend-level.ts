import { type Estimate, type Verdict } from '../run/result.ts';
import { type PrivacyLevel, type PrivacyResult } from './result.ts';

export interface PrivacyBounds {
  readonly maxTokenRecovery: number;
  readonly maxClassAuc: number;
}

/** Levels that the product can keep, from the most to the least; a sampled trace is as open as any other, so it is no level of its own here. */
function choosable(levels: readonly PrivacyLevel[]): PrivacyLevel[] {
  return levels.filter(({ level }) => level === 'full' || level === 'routes' || level.startsWith('aggregate-'));
}

/** The most detailed level whose upper ends keep the bounds. */
export function recommendLevel(levels: readonly PrivacyLevel[], bounds: PrivacyBounds): PrivacyResult['recommendation'] {
  const kept = choosable(levels).find((level) => outcomeOf(level, bounds) === 'pass');
  const limits = `token recovery at most ${percent(bounds.maxTokenRecovery)}, class AUC at most ${bounds.maxClassAuc}`;
  if (!kept) return { level: 'off', reason: 'no-level-keeps-the-bounds', detail: `No level that was measured keeps ${limits} with its upper end: aggregate over more requests, or record nothing.` };
  if (kept.level === 'full') return { level: 'full', reason: 'text-is-within-the-bounds', detail: `The bounds (${limits}) allow the text itself to be kept.` };
  if (kept.level === 'routes') return { level: 'routes', reason: 'routes-keep-the-bounds', detail: `This attacker does not get beyond ${limits} with routes alone; a stronger one may.` };
  return { level: kept.level, reason: 'traces-exceed-the-bounds', detail: `Every trace that is kept, sampled ones too, tells more than ${limits}; sums over ${kept.level.slice('aggregate-'.length)} requests do not.` };
}

/** Whether the level in question keeps the bounds. */
export function privacyVerdict(levels: readonly PrivacyLevel[], name: string, bounds: PrivacyBounds): Verdict {
  const level = levels.find((each) => each.level === name);
  if (!level) return { outcome: 'inconclusive', reasons: [{ reason: 'level-not-measured', detail: `The level ${name} was not measured.` }] };
  const outcome = outcomeOf(level, bounds);
  const figures = `${name}: token recovery ${range(level.tokenRecovery)} (at most ${bounds.maxTokenRecovery})${level.classAuc ? `, class AUC ${range(level.classAuc)} (at most ${bounds.maxClassAuc})` : ''}.`;
  const reason = { pass: 'within-bounds-for-this-attacker', fail: 'attacker-exceeds-bound', inconclusive: 'interval-holds-the-bound' }[outcome];
  const note = outcome === 'pass' ? ' One attacker shows what can be recovered, not what cannot.' : '';
  return { outcome, reasons: [{ reason, detail: figures + note }] };
}

function outcomeOf({ tokenRecovery, classAuc }: PrivacyLevel, { maxTokenRecovery, maxClassAuc }: PrivacyBounds): Verdict['outcome'] {
  const sides = [side(tokenRecovery, maxTokenRecovery), ...(classAuc ? [side(classAuc, maxClassAuc)] : [])];
  if (sides.includes('fail')) return 'fail';
  return sides.every((each) => each === 'pass') ? 'pass' : 'inconclusive';
}

function side({ value, low, high }: Estimate, bound: number): Verdict['outcome'] {
  if ((low ?? value) > bound) return 'fail';
  return high !== null && high <= bound ? 'pass' : 'inconclusive';
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}

function range({ value, low, high }: Estimate): string {
  return low === null || high === null ? value.toFixed(3) : `${value.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
}
