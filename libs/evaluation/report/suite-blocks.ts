import { type GateResult, type MetricResult, type SuiteResult, type TaskResult } from '../run/result.ts';
import { difference, direction, estimate, figure, probability, sliceText } from './figures.ts';
import { judgeBlocks } from './judge-blocks.ts';
import { type Block, type Cell } from './report.ts';

/** A reviewer has a minute; the folded tables and the result itself have the rest. */
const MAX_ROWS = 12;
const MAX_FOLDED_ROWS = 100;
const MAX_FAILURES = 5;
const MAX_TOKENS = 5;

interface PlacedMetric extends MetricResult {
  readonly task: string;
}
interface PlacedGate extends GateResult {
  readonly task: string;
}

/** What a suite run found: gates that did not hold, what got worse and better, by slice, and failures. */
export function suiteBlocks({ tasks, reference }: Pick<SuiteResult, 'tasks' | 'reference'>): Block[] {
  const metrics = tasks.flatMap(({ id, metrics: own }) => own.map((metric): PlacedMetric => ({ ...metric, task: id })));
  return [
    ...judgeBlocks(tasks),
    ...gateBlocks(tasks.flatMap(({ id, gates }) => gates.map((gate): PlacedGate => ({ ...gate, task: id })))),
    ...(reference === null ? valueBlocks(metrics) : comparedBlocks(metrics)),
    ...routingBlocks(tasks),
    ...failureBlocks(tasks),
  ];
}

/** Which experts the classes of prompts took. */
function routingBlocks(tasks: readonly TaskResult[]): Block[] {
  const rows = tasks.flatMap(({ routing = [] }) => routing.map((one): Cell[] => [{ quoted: one.class }, String(one.layer), one.reference === null ? '-' : sharesText(one.reference), sharesText(one.candidate)]));
  return rows.length === 0 ? [] : [{ kind: 'folded', title: 'Routes by class of prompts: experts taken most', blocks: [bounded(['class', 'layer', 'reference', 'candidate'], rows, MAX_FOLDED_ROWS)] }];
}

function sharesText(shares: readonly { readonly expert: number; readonly share: number }[]): string {
  return shares.slice(0, 3).map(({ expert, share }) => `${expert} (${Math.round(100 * share)} %)`).join(', ');
}

function gateBlocks(gates: readonly PlacedGate[]): Block[] {
  if (gates.length === 0) return [{ kind: 'text', text: 'The suite has no gates: nothing was asked to keep a bound.' }];
  const broken = gates.filter(({ outcome }) => outcome !== 'pass');
  const order = { fail: 0, inconclusive: 1, pass: 2 };
  const text = `${gates.length - broken.length} of ${gates.length} gates hold.`;
  if (broken.length === 0) return [{ kind: 'text', text }];
  const rows = broken.toSorted((a, b) => order[a.outcome] - order[b.outcome]).map((gate): Cell[] => [gate.outcome, gate.task, nameOf(gate), { quoted: sliceText(gate.slice) }, { quoted: gate.detail }]);
  return [{ kind: 'heading', text: 'Gates that do not hold' }, { kind: 'text', text }, bounded(['outcome', 'task', 'gate', 'slice', 'why'], rows, MAX_ROWS)];
}

/** Such as `bitsPerByte against reference at most 0.02`. */
export function nameOf({ metric, versus, side, bound }: Pick<GateResult, 'metric' | 'versus' | 'side' | 'bound'>): string {
  return `${metric}${versus === null ? '' : ` against ${versus}`} ${side === 'atMost' ? 'at most' : 'at least'} ${figure(bound)}`;
}

function comparedBlocks(metrics: readonly PlacedMetric[]): Block[] {
  const compared = metrics.filter(({ difference: found }) => found !== null);
  const of = (way: 'better' | 'worse'): PlacedMetric[] => compared.filter((metric) => direction(metric.difference, metric.better) === way).toSorted((a, b) => strength(b) - strength(a));
  const [worse, better] = [of('worse'), of('better')];
  const unclear = compared.length - worse.length - better.length;
  const part = (heading: string, found: readonly PlacedMetric[], none: string): Block[] => [
    { kind: 'heading', text: heading },
    found.length === 0 ? { kind: 'text', text: none } : bounded(COMPARED, found.map(comparedRow), MAX_ROWS),
  ];
  return [
    ...part('What got worse', worse, 'Nothing is told apart as worse.'),
    ...part('What got better', better, 'Nothing is told apart as better.'),
    { kind: 'text', text: `${unclear} of ${compared.length} compared figures are not told apart (5 %, adjusted for all tests of the run).` },
    { kind: 'folded', title: 'All figures, by slice', blocks: [bounded(COMPARED, metrics.map(comparedRow), MAX_FOLDED_ROWS)] },
  ];
}

/** How far a difference stands out of its interval: figures of different units have no other order. */
function strength({ difference: found }: PlacedMetric): number {
  if (found === null) return 0;
  const { value, low, high } = found;
  return low === null || high === null || high === low ? Number.MAX_VALUE : Math.abs(value) / (high - low);
}

const COMPARED = ['task', 'metric', 'slice', 'reference', 'candidate', 'difference', 'p', 'items'];

function comparedRow({ task, name, unit, slice, reference, candidate, difference: found }: PlacedMetric): Cell[] {
  return [task, `${name} (${unit})`, { quoted: sliceText(slice) }, reference === null ? '-' : figure(reference.value), figure(candidate.value), found === null ? '-' : difference(found), found === null ? '-' : probability(found.pAdjusted ?? found.p), String(candidate.n)];
}

const VALUED = ['task', 'metric', 'slice', 'value', 'items'];

function valueRow({ task, name, unit, slice, candidate }: PlacedMetric): Cell[] {
  return [task, `${name} (${unit})`, { quoted: sliceText(slice) }, estimate(candidate), String(candidate.n)];
}

function valueBlocks(metrics: readonly PlacedMetric[]): Block[] {
  const [all, sliced] = [metrics.filter(({ slice }) => slice === null), metrics.filter(({ slice }) => slice !== null)];
  return [
    { kind: 'heading', text: 'Figures' },
    bounded(VALUED, all.map(valueRow), 2 * MAX_ROWS),
    ...(sliced.length === 0 ? [] : [{ kind: 'folded', title: 'By slice', blocks: [bounded(VALUED, sliced.map(valueRow), MAX_FOLDED_ROWS)] } as const]),
  ];
}

function failureBlocks(tasks: readonly TaskResult[]): Block[] {
  const failed = tasks.filter(({ failures }) => failures.length > 0);
  if (failed.length === 0) return [];
  return [
    { kind: 'heading', text: 'Worst items' },
    ...failed.flatMap(({ id, failures }): Block[] => [
      { kind: 'text', text: `${id}: the worst ${Math.min(MAX_FAILURES, failures.length)} of those kept` },
      {
        kind: 'list',
        items: failures.slice(0, MAX_FAILURES).flatMap((failure) => [{ quoted: `item ${failure.item}: ${failure.detail}` }, ...(failure.tokens ?? []).slice(0, MAX_TOKENS).map(tokenLine)]),
        more: Math.max(0, failures.length - MAX_FAILURES),
      },
    ]),
  ];
}

function tokenLine({ context, layer, expert, gate, expected }: NonNullable<TaskResult['failures'][number]['tokens']>[number]): Cell {
  const went = expert === null ? '' : ` went to expert ${expert}${gate === null ? '' : ` (gate ${figure(gate)})`};`;
  return { quoted: `token in "${context}": layer ${layer}${went} ${expected}` };
}

/** A table of the first rows, which says how many there are besides. */
export function bounded(columns: readonly string[], rows: readonly (readonly Cell[])[], max: number): Block {
  return { kind: 'table', columns, rows: rows.slice(0, max), more: Math.max(0, rows.length - max) };
}
