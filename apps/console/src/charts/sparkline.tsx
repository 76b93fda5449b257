/** A line without axes, beside a figure that says what it is; `reference` is drawn dashed. */
export function Sparkline({ values, label, reference, widthPx = 120, heightPx = 28 }: { readonly values: readonly (number | null)[]; readonly label: string; readonly reference?: number; readonly widthPx?: number; readonly heightPx?: number }) {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return <span className="text-xs text-ink-soft">no data</span>;
  const low = Math.min(...known, reference ?? Infinity);
  const high = Math.max(...known, reference ?? -Infinity);
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
      {reference !== undefined && <line x1={0} x2={widthPx} y1={y(reference)} y2={y(reference)} stroke="var(--ink-soft)" strokeDasharray="3 3" strokeWidth={1} />}
      <path d={path.join('')} fill="none" stroke="var(--series-1)" strokeWidth={1.5} vectorEffect="non-scaling-stroke" />
    </svg>
  );
}
