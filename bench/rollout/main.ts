import { SIMULATED_PLAN, SIMULATED_SHARES, simulateRollout, STEP_TICKS } from '#libs/governance/rollout/testing/simulated-rollout';
import { type Harm, NO_HARM, SimulatedTraffic } from '#libs/governance/rollout/testing/simulated-traffic';
import { option } from '../harness/options.ts';
import { quantile } from '../harness/summary.ts';
import { type Rule, RULES } from './peers.ts';

const GOOD = Number(option('good', '400'));
const BAD = Number(option('bad', '100'));
const SEED = Number(option('seed', '1'));

/** What one rule made of one rollout: how long it took to roll back, null where it did not. */
interface Run {
  readonly ticks: number | null;
  /** Requests that the candidate had answered by then. */
  readonly exposed: number;
  readonly guard: string;
}

const SCENARIOS: readonly { readonly name: string; readonly harm: Harm; readonly isBad: boolean }[] = [
  { name: 'good: the same as the stable release', harm: NO_HARM, isBad: false },
  { name: 'at the margins: errors +0.5%, argmax 10%, scores -0.05', harm: { ...NO_HARM, errorRate: 0.005, argmax: 0.05, feedback: 0.05 }, isBad: false },
  { name: 'errors +2%', harm: { ...NO_HARM, errorRate: 0.02 }, isBad: true },
  { name: 'errors +5%', harm: { ...NO_HARM, errorRate: 0.05 }, isBad: true },
  { name: 'errors +15%', harm: { ...NO_HARM, errorRate: 0.15 }, isBad: true },
  { name: 'durations x 1.3', harm: { ...NO_HARM, latencyFactor: 1.3 }, isBad: true },
  { name: 'durations x 2', harm: { ...NO_HARM, latencyFactor: 2 }, isBad: true },
  { name: 'argmax disagreement 15% (margin 10%)', harm: { ...NO_HARM, argmax: 0.1 }, isBad: true },
  { name: 'argmax disagreement 35%', harm: { ...NO_HARM, argmax: 0.3 }, isBad: true },
  { name: 'scores -0.2', harm: { ...NO_HARM, feedback: 0.2 }, isBad: true },
  { name: 'scores -0.5', harm: { ...NO_HARM, feedback: 0.5 }, isBad: true },
  { name: 'routing: 15% of selections move', harm: { ...NO_HARM, routing: 0.15 }, isBad: true },
];

/** All rules see the traffic of a rollout that goes through all of its steps. */
function peerRuns(rules: readonly Rule[], seed: number, harm: Harm): Run[] {
  const traffic = new SimulatedTraffic(seed, harm);
  const states = rules.map((rule) => rule.start());
  const runs: (Run | null)[] = rules.map(() => null);
  let exposed = 0;
  for (const [step, share] of SIMULATED_SHARES.entries()) {
    for (let tick = 1; tick <= STEP_TICKS; tick += 1) {
      const batch = traffic.next(share);
      exposed += batch.requests.filter(({ side }) => side === 'candidate').length;
      for (const [at, state] of states.entries()) {
        if (runs[at]) continue;
        if (state.look(step, batch) || (tick === STEP_TICKS && state.endStep())) runs[at] = { ticks: step * STEP_TICKS + tick, exposed, guard: '' };
      }
    }
  }
  return runs.map((run) => run ?? { ticks: null, exposed, guard: '' });
}

function ownRun(seed: number, harm: Harm): Run {
  const { verdict, ticks, exposed } = simulateRollout(seed, harm);
  return verdict.verdict === 'fail' ? { ticks, exposed, guard: verdict.guard ?? '' } : { ticks: null, exposed, guard: verdict.verdict };
}

/** Wilson's interval at 95%. */
function interval(hits: number, n: number): string {
  const z = 1.96;
  const p = hits / n;
  const centre = (p + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n))) / (1 + (z * z) / n);
  return `${percent(Math.max(0, centre - half))} to ${percent(Math.min(1, centre + half))}`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`;
}

function cell(runs: readonly Run[], isBad: boolean): string {
  const back = runs.filter(({ ticks }) => ticks !== null);
  const rate = percent(back.length / runs.length);
  if (!isBad) return `${rate} (${interval(back.length, runs.length)})`;
  return back.length === 0 ? rate : `${rate}, ${Math.round(quantile(back.map(({ exposed }) => exposed), 0.5))} requests`;
}

console.log(`Rolled back, of ${GOOD} rollouts where the candidate is good and ${BAD} where it is bad, seed ${SEED}; promised rate ${percent(SIMULATED_PLAN.falseRollbackRate)}.`);
console.log(`Three steps (${SIMULATED_SHARES.map(percent).join(', ')}) of ${STEP_TICKS} looks. For bad ones: the median of requests that the candidate had answered.\n`);
console.log(`| candidate | Signalbox | ${RULES.map(({ name }) => name).join(' | ')} |`);
console.log(`|---|---|${RULES.map(() => '---|').join('')}`);
for (const [at, { name, harm, isBad }] of SCENARIOS.entries()) {
  const seeds = Array.from({ length: isBad ? BAD : GOOD }, (_, n) => SEED * 1_000_003 + at * 10_007 + n);
  const own = seeds.map((seed) => ownRun(seed, harm));
  const peers = seeds.map((seed) => peerRuns(RULES, seed, harm));
  console.log(`| ${name} | ${cell(own, isBad)} | ${RULES.map((_, rule) => cell(peers.map((runs) => runs[rule]!), isBad)).join(' | ')} |`);
  const guards = Object.entries(Object.groupBy(own, ({ guard }) => guard)).map(([guard, runs]) => `${guard} ${runs?.length}`);
  console.error(`${name}: ${guards.join(', ')}`);
}
