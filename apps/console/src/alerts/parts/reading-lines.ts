import { type AlertLimit, type ReadingSeries } from '../../api/gen/types.gen.ts';
import { type Series } from '../../charts/time-series.tsx';
import { placeText, textLabels } from './labels.ts';

/** More lines than this are not told apart. */
const MAX_LINES = 5;
/** A longer silence than this many steps breaks a line. */
const GAP_STEPS = 5;

export interface ReadingLines {
  readonly atMs: readonly number[];
  readonly series: readonly Series[];
  /** Label sets drawn. */
  readonly lines: number;
}

/** Lines of the label sets over common times, in whole steps, and a level line for each limit. */
export function chartOf({ series, stepMs }: Pick<ReadingSeries, 'series' | 'stepMs'>, limits: readonly Pick<AlertLimit, 'severity' | 'is' | 'limit'>[]): ReadingLines {
  const drawn = series.slice(0, MAX_LINES);
  const stepOf = (at: string): number => Math.floor(Date.parse(at) / stepMs) * stepMs;
  const points = new Set(drawn.flatMap((one) => one.points.map(({ at }) => stepOf(at))));
  for (const one of drawn) {
    one.points.forEach(({ at }, index) => {
      const next = one.points[index + 1];
      if (next !== undefined && stepOf(next.at) - stepOf(at) > GAP_STEPS * stepMs) points.add(stepOf(at) + stepMs);
    });
  }
  const atMs = [...points].toSorted((a, b) => a - b);
  const lines = drawn.map((one): Series => {
    const byTime = new Map(one.points.map((point) => [stepOf(point.at), point]));
    const column = (of: 'value' | 'low' | 'high'): (number | null)[] => atMs.map((ms) => byTime.get(ms)?.[of] ?? null);
    const hasBand = drawn.length === 1 && one.points.some(({ low }) => low !== null);
    return { label: placeText(textLabels(one.labels)), values: column('value'), ...(hasBand && { band: { low: column('low'), high: column('high') } }) };
  });
  const levels = atMs.length === 0 ? [] : limits.map(({ severity, is, limit }): Series => ({ label: `${severity}: ${is} ${limit}`, values: atMs.map(() => limit), isReference: true }));
  return { atMs, series: [...lines, ...levels], lines: lines.length };
}
