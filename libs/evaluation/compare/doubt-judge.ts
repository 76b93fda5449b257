import { type GateResult, type JudgeStanding, type MetricResult, type Slice } from '../run/result.ts';

/** What `winShare` is for a judge that does not look at the answers, since a verdict that turns with the order is a tie. */
const EVEN = 0.5;
const RESTS_ON_JUDGE = 'winShare';

/**
 * Gates of a preference task, with those left undecided that a judge who cannot tell could have decided: ties
 * draw the figure towards an even split, and would let "no worse than 0.4" pass whatever the answers are. An
 * interval that lies beyond the even split on the gate's side was not brought about so, and stands.
 */
export function doubtJudge(gates: readonly GateResult[], metrics: readonly MetricResult[], standing: JudgeStanding): GateResult[] {
  if (standing === 'tells') return [...gates];
  return gates.map((gate) => {
    if (gate.metric !== RESTS_ON_JUDGE || gate.outcome === 'inconclusive' || isTold(gate, metrics)) return gate;
    const why = standing === 'cannot-tell' ? 'this judge cannot tell: its verdicts follow the order of the answers' : 'it is not shown that this judge can tell: too few of its verdicts keep when the order is turned';
    return { ...gate, outcome: 'inconclusive', reason: 'judge-cannot-tell', detail: `${gate.detail.replace(/\.$/, '')}, but ${why}.` };
  });
}

function isTold({ metric, slice, side, outcome }: GateResult, metrics: readonly MetricResult[]): boolean {
  const figure = metrics.find((one) => one.name === metric && isSame(one.slice, slice))?.candidate;
  if (figure === undefined || figure.low === null || figure.high === null) return false;
  return (side === 'atLeast') === (outcome === 'pass') ? figure.low > EVEN : figure.high < EVEN;
}

function isSame(a: Slice, b: Slice): boolean {
  const [left, right] = [Object.entries(a ?? {}), Object.entries(b ?? {})];
  return left.length === right.length && left.every(([label, value]) => b?.[label] === value);
}
