export interface SparklineProps {
  readonly values: readonly (number | null)[];
  readonly label: string;
  /** Drawn dashed, for what the line is compared with. */
  readonly reference?: number;
  /** Ends of the interval of each value. */
  readonly band?: { readonly low: readonly (number | null)[]; readonly high: readonly (number | null)[] };
  /** The scale shows at least from this to that, so that lines side by side can be compared. */
  readonly range?: readonly [number, number];
  readonly widthPx?: number;
  readonly heightPx?: number;
}

/** A line without axes, beside a figure that says what it is. */
export function Sparkline({ values, label, reference, band, range, widthPx = 120, heightPx = 28 }: SparklineProps) {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return <span className="text-xs text-ink-soft">no data</span>;
  const shown = [...known, ...(band?.low ?? []), ...(band?.high ?? []), ...(range ?? []), reference ?? null].filter((value) => value !== null);
  const low = Math.min(...shown);
  const high = Math.max(...shown);
  const y = (value: number): number => 2 + (heightPx - 4) * (1 - (high === low ? 0.5 : (value - low) / (high - low)));
  const x = (index: number): number => (values.length === 1 ? widthPx / 2 : (index * widthPx) / (values.length - 1));
  let isPenDown = false;
  const path = values.map((value, index) => {
    const command = value === null ? '' : `${isPenDown ? 'L' : 'M'}${x(index).toFixed(1)} ${y(value).toFixed(1)}`;
    isPenDown = value !== null;
    return command;
  });
  return (
    <svg role="img" aria-label={label} viewBox={`0 0 ${widthPx} ${heightPx}`} width={widthPx} height={heightPx} preserveAspectRatio="none" className="max-w-full overflow-visible">
      {band && <path d={areas(band.low, band.high).map((area) => outline(area, x, y)).join('')} fill="var(--series-1)" fillOpacity={0.18} />}
      {reference !== undefined && <line x1={0} x2={widthPx} y1={y(reference)} y2={y(reference)} stroke="var(--ink-soft)" strokeDasharray="3 3" strokeWidth={1} vectorEffect="non-scaling-stroke" />}
      <path d={path.join('')} fill="none" stroke="var(--series-1)" strokeWidth={1.5} vectorEffect="non-scaling-stroke" />
      {known.length === 1 && <circle cx={x(values.findIndex((value) => value !== null))} cy={y(known[0]!)} r={2} fill="var(--series-1)" />}
    </svg>
  );
}

type Area = readonly { readonly index: number; readonly low: number; readonly high: number }[];

/** Runs of points that have an interval. */
function areas(lows: readonly (number | null)[], highs: readonly (number | null)[]): readonly Area[] {
  const runs: { index: number; low: number; high: number }[][] = [[]];
  lows.forEach((low, index) => {
    const high = highs[index] ?? null;
    if (low === null || high === null) runs.push([]);
    else runs.at(-1)!.push({ index, low, high });
  });
  return runs.filter((run) => run.length > 1);
}

function outline(area: Area, x: (index: number) => number, y: (value: number) => number): string {
  const there = area.map(({ index, high }) => `${x(index).toFixed(1)} ${y(high).toFixed(1)}`);
  const back = area.toReversed().map(({ index, low }) => `${x(index).toFixed(1)} ${y(low).toFixed(1)}`);
  return `M${[...there, ...back].join('L')}Z`;
}
