import { type AlertLimit, type ReadingSeries } from '../../api/gen/types.gen.ts';
import { type Series } from '../../charts/time-series.tsx';
import { placeText, textLabels } from './labels.ts';

/** More lines than this are not told apart. */
const MAX_LINES = 5;
/** A longer silence than this many steps breaks a line. */
const GAP_STEPS = 5;
const MINUTE_MS = 60_000;

export interface ReadingLines {
  readonly atMs: readonly number[];
  readonly series: readonly Series[];
  /** Label sets drawn. */
  readonly lines: number;
}

type Limit = Pick<AlertLimit, 'severity' | 'is' | 'limit'>;

/**
 * Lines of the label sets over common times, and a level line for each limit. A step of more than a minute
 * stands at its end and shows its worst reading, so that nothing which fired is averaged away.
 */
export function chartOf({ series, stepMs, from, to }: Pick<ReadingSeries, 'series' | 'stepMs' | 'from' | 'to'>, limits: readonly Limit[]): ReadingLines {
  const drawn = series.slice(0, MAX_LINES);
  const [fromMs, toMs] = [Date.parse(from), Date.parse(to)];
  const stepOf = (at: string): number => Math.floor((Math.floor(Date.parse(at) / MINUTE_MS) * MINUTE_MS - fromMs) / stepMs);
  const steps = new Set(drawn.flatMap((one) => one.points.map(({ at }) => stepOf(at))));
  for (const one of drawn) {
    one.points.forEach(({ at }, index) => {
      const next = one.points[index + 1];
      if (next !== undefined && stepOf(next.at) - stepOf(at) > GAP_STEPS) steps.add(stepOf(at) + 1);
    });
  }
  const ordered = [...steps].toSorted((a, b) => a - b);
  const isWhole = stepMs > MINUTE_MS;
  const worst = limits[0]?.is === 'below' ? 'min' : 'max';
  const lines = drawn.map((one): Series => {
    const byStep = new Map(one.points.map((point) => [stepOf(point.at), point]));
    const column = (of: 'value' | 'low' | 'high' | 'min' | 'max'): (number | null)[] => ordered.map((step) => byStep.get(step)?.[of] ?? null);
    const hasBand = drawn.length === 1 && !isWhole && one.points.some(({ low }) => low !== null);
    return { label: placeText(textLabels(one.labels)), values: column(isWhole ? worst : 'value'), ...(hasBand && { band: { low: column('low'), high: column('high') } }) };
  });
  const levels = ordered.length === 0 ? [] : limits.map(({ severity, is, limit }): Series => ({ label: `${severity}: ${is} ${limit}`, values: ordered.map(() => limit), isReference: true }));
  return { atMs: ordered.map((step) => Math.min(fromMs + (step + 1) * stepMs, toMs)), series: [...lines, ...levels], lines: lines.length };
}
