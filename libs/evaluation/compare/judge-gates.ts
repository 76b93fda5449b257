import { type GateResult, type MetricResult, type Slice } from '../run/result.ts';
import { type Gate } from '../suite/suite.ts';
import { inWords, judgeBound, short, type Bound } from './judge-bound.ts';

/** The gates of a task against its metrics, in order; a gate with two bounds, or for each value of a label, gives several. */
export function judgeGates(gates: readonly Gate[], metrics: readonly MetricResult[]): GateResult[] {
  return gates.flatMap((gate) => {
    const sides: Bound[] = [];
    if (gate.atMost !== undefined) sides.push({ side: 'atMost', bound: gate.atMost });
    if (gate.atLeast !== undefined) sides.push({ side: 'atLeast', bound: gate.atLeast });
    const meant = metrics.filter(({ name, slice }) => name === gate.metric && isMeant(gate.slice, slice));
    if (meant.length === 0) return sides.map((bound) => nothing(gate, bound));
    return meant.flatMap((metric) => sides.map((bound) => judgeGate(gate, metric, bound)));
  });
}

function isMeant(wanted: Gate['slice'], slice: Slice): boolean {
  const [entry] = Object.entries(wanted ?? {});
  if (!entry) return slice === null;
  const value = slice?.[entry[0]];
  return value !== undefined && (entry[1] === '*' || entry[1] === value);
}

function judgeGate({ versus }: Gate, metric: MetricResult, bound: Bound): GateResult {
  const { name, slice, unit, candidate, difference } = metric;
  const about = { metric: name, slice, ...bound, versus: versus ?? null };
  const figure = versus ? difference : candidate;
  if (figure === null) {
    return { ...about, value: null, outcome: 'inconclusive', reason: 'no-reference', detail: `${title(name, slice)}: the run has no reference to compare with.` };
  }
  const { outcome, reason } = judgeBound(figure, bound, 'interval');
  const side = bound.side === 'atMost' ? 'at most' : 'at least';
  const what = `${title(name, slice)}: ${versus ? 'difference ' : ''}${inWords(figure, unit)} of ${candidate.n} items; wanted ${side} ${short(bound.bound)}`;
  return { ...about, value: figure.value, outcome, reason, detail: `${what}.` };
}

function nothing({ metric, slice, versus }: Gate, bound: Bound): GateResult {
  const about = { metric, slice: slice ?? null, ...bound, versus: versus ?? null };
  return { ...about, value: null, outcome: 'inconclusive', reason: 'no-such-items', detail: `${title(metric, slice ?? null)}: no item has a figure for it.` };
}

/** Such as `bitsPerByte of domain german`. */
export function title(name: string, slice: Slice): string {
  const labels = Object.entries(slice ?? {}).map(([label, value]) => `${label} ${value}`);
  return labels.length > 0 ? `${name} of ${labels.join(', ')}` : name;
}
