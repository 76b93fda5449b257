import { type GuardFigures } from '../../api/gen/types.gen.ts';
import { formatNumber } from '../../ui/format.ts';
import { evidencePart, guardScale } from './guard-scale.ts';
import { guardTitle, inUnit } from './rollout-words.ts';

const WIDTH = 320;
const HEIGHT = 84;
const LINE_Y = 30;
const BAR = { y: 62, height: 8 };

/** Effect with its interval against the margin, and below it the evidence against its limit. */
export function GuardPicture({ figures }: { readonly figures: GuardFigures }) {
  const { guard, unit, effect, interval, margin, eValue, peakEValue, failsAt } = figures;
  const scale = guardScale(figures);
  const x = (value: number): number => scale.at(value) * WIDTH;
  const hasFailed = peakEValue >= failsAt;
  const label =
    effect === null
      ? `${guardTitle(guard)}: nothing seen yet. Margin ${inUnit(margin, unit)}.`
      : `${guardTitle(guard)}: effect ${inUnit(effect, unit, true)}${interval === null ? '' : `, interval ${inUnit(interval.low, unit, true)} to ${inUnit(interval.high, unit, true)}`}, margin ${inUnit(margin, unit)}; evidence ${formatNumber(eValue)} of ${formatNumber(failsAt)}.`;
  const tone = hasFailed ? 'var(--bad)' : 'var(--series-1)';
  return (
    <svg role="img" aria-label={label} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} className="w-full max-w-lg" fontSize={10} fill="var(--ink-soft)">
      <rect x={x(margin)} y={LINE_Y - 14} width={Math.max(0, WIDTH - x(margin))} height={28} fill="var(--bad-soft)" />
      <line x1={0} x2={WIDTH} y1={LINE_Y} y2={LINE_Y} stroke="var(--line)" />
      <line x1={x(0)} x2={x(0)} y1={LINE_Y - 14} y2={LINE_Y + 14} stroke="var(--line-strong)" />
      <text x={x(0)} y={LINE_Y + 25} textAnchor={anchorOf(scale.at(0))}>
        0
      </text>
      <line x1={x(margin)} x2={x(margin)} y1={LINE_Y - 14} y2={LINE_Y + 14} stroke="var(--bad)" strokeDasharray="4 3" strokeWidth={1.5} />
      <text x={x(margin)} y={10} textAnchor={anchorOf(scale.at(margin))}>
        margin {inUnit(margin, unit)}
      </text>
      {interval !== null && (
        <>
          <line x1={x(interval.low)} x2={x(interval.high)} y1={LINE_Y} y2={LINE_Y} stroke={tone} strokeWidth={3} />
          {interval.low >= scale.low && <line x1={x(interval.low)} x2={x(interval.low)} y1={LINE_Y - 5} y2={LINE_Y + 5} stroke={tone} strokeWidth={2} />}
          {interval.high <= scale.high && <line x1={x(interval.high)} x2={x(interval.high)} y1={LINE_Y - 5} y2={LINE_Y + 5} stroke={tone} strokeWidth={2} />}
        </>
      )}
      {effect !== null && <circle cx={x(effect)} cy={LINE_Y} r={4.5} fill={tone} stroke="var(--surface)" strokeWidth={1.5} />}
      <rect x={0} y={BAR.y} width={WIDTH} height={BAR.height} rx={2} fill="var(--raised)" stroke="var(--line-strong)" strokeWidth={0.5} />
      <rect x={0} y={BAR.y} width={WIDTH * evidencePart(eValue, failsAt)} height={BAR.height} rx={2} fill={tone} />
      <line x1={WIDTH * evidencePart(peakEValue, failsAt)} x2={WIDTH * evidencePart(peakEValue, failsAt)} y1={BAR.y - 2} y2={BAR.y + BAR.height + 2} stroke="var(--ink)" strokeWidth={1.5} />
      <text x={0} y={HEIGHT - 3}>
        evidence {formatNumber(eValue)}
      </text>
      <text x={WIDTH} y={HEIGHT - 3} textAnchor="end">
        fails at {formatNumber(failsAt)}
      </text>
    </svg>
  );
}

function anchorOf(at: number): 'start' | 'middle' | 'end' {
  return at < 0.15 ? 'start' : at > 0.85 ? 'end' : 'middle';
}
