import { EffectChart } from '../../charts/effect-chart.tsx';
import { Card } from '../../ui/card.tsx';
import { inWords } from '../result/fields.ts';
import { inUnit } from '../run-words.ts';
import { comparisonInWords, type Direction, DIRECTIONS, directionOf, formatP } from './direction.ts';
import { type Metric } from './suite-result.ts';

const ORDER: readonly Direction[] = ['worse', 'changed', 'better', 'same'];
const TONES = { worse: 'worse', better: 'better', changed: 'neutral', same: 'neutral' } as const;

/** What may share an axis: figures of one metric in one unit. */
interface Group {
  readonly key: string;
  readonly task: string;
  readonly name: string;
  readonly unit: string;
  readonly better: Metric['better'];
  readonly metrics: readonly Metric[];
}

/** Differences of each metric, the whole task first and then its slices, worst first. */
export function ComparisonCard({ metrics }: { readonly metrics: readonly Metric[] }) {
  const groups = groupsOf(metrics);
  return (
    <Card title="What got worse, what got better" lead={`${comparisonInWords(metrics)} Candidate less reference, on the same items, with 95 % intervals. "Not told apart" is not "equal": more items could tell.`}>
      <div className="grid gap-x-8 gap-y-5 2xl:grid-cols-2">
        {groups.map((group) => (
          <GroupChart key={group.key} group={group} />
        ))}
      </div>
    </Card>
  );
}

function GroupChart({ group: { task, name, unit, better, metrics } }: { readonly group: Group }) {
  const title = `${task}: ${inWords(name)}`;
  const sides = better === 'lower' ? (['better', 'worse'] as const) : better === 'higher' ? (['worse', 'better'] as const) : undefined;
  const rows = metrics.map(({ slice, difference }, at) => {
    const direction = directionOf({ better, difference }) ?? 'same';
    const chance = difference?.pAdjusted ?? difference?.p ?? null;
    return {
      key: String(at),
      label: slice ?? 'all items',
      heading: slice === null ? <span className="font-medium">all items</span> : <Slice slice={slice} />,
      value: difference?.value ?? 0,
      low: difference?.low ?? null,
      high: difference?.high ?? null,
      tone: TONES[direction],
      note: `${DIRECTIONS[direction]}${chance === null ? '' : `, p ${formatP(chance)}`}`,
    };
  });
  return (
    <section aria-label={title} className="min-w-0">
      <h3 className="text-sm font-medium wrap-anywhere">{title}</h3>
      <EffectChart label={`Difference of ${inWords(name)} in ${task}, candidate less reference`} name={`evaluation-${task}-${name}`} header={['slice', `difference of ${inWords(name)}${unit === '' ? '' : `, ${unit}`}`]} rows={rows} format={(value) => inUnit(value, unit, true)} sides={sides} />
    </section>
  );
}

/** The value is what tells slices apart; the label's name is said once and quietly. */
function Slice({ slice }: { readonly slice: string }) {
  const [name, ...rest] = slice.split(' ');
  return rest.length === 0 ? (
    slice
  ) : (
    <>
      <span className="text-ink-soft">{name}</span> {rest.join(' ')}
    </>
  );
}

function groupsOf(metrics: readonly Metric[]): readonly Group[] {
  const groups = Map.groupBy(metrics, ({ task, name, unit }) => JSON.stringify([task, name, unit]));
  return [...groups].map(([key, members]) => {
    const [{ task, name, unit, better }] = members as [Metric];
    return { key, task, name, unit, better, metrics: members.toSorted((a, b) => Number(a.slice !== null) - Number(b.slice !== null) || rankOf(a) - rankOf(b) || Math.abs(b.difference?.value ?? 0) - Math.abs(a.difference?.value ?? 0)) };
  });
}

function rankOf(metric: Metric): number {
  return ORDER.indexOf(directionOf(metric) ?? 'same');
}
