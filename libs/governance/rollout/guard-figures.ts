import { jensenShannonBits } from '#libs/stats/divergence';
import { type Interval } from '#libs/stats/entropy-estimate';
import { logMeanExp } from '#libs/stats/sequential/bets';
import { confidenceInterval } from '#libs/stats/sequential/confidence-sequence';
import { stagedLogEvidence, stageObservations } from '#libs/stats/sequential/staged-bets';
import { failsAt, guardBudgets } from './budget.ts';
import { type GuardEvidence, type RolloutEvidence, type SideMean } from './evidence.ts';
import { type Guard, guardName, minObservationsOf, type RolloutPlan } from './plan.ts';

/** What a guard has seen and says, in numbers that can stand beside a verdict. */
export interface GuardFigures {
  readonly guard: string;
  /** Of effect, interval and margin. */
  readonly unit: 'share' | 'bits' | 'nats' | 'score';
  /** Requests, pairs of requests or windows that were bet on; in this step and in all. */
  readonly stepObservations: number;
  readonly observations: number;
  readonly minObservations: number;
  /** Mean of what was seen of each side; null where there was nothing, or where only the difference is known. */
  readonly candidate: number | null;
  readonly stable: number | null;
  /** How much worse the candidate is; with layers, of the layer that speaks loudest. */
  readonly effect: number | null;
  /** Holds at all times together; null without observations. */
  readonly interval: Interval | null;
  readonly margin: number;
  /** The e-value now and its peak; at most 1e300. */
  readonly eValue: number;
  readonly peakEValue: number;
  /** The guard fails once the peak is here. */
  readonly failsAt: number;
  readonly layer: number | null;
}

const MOST_LOG_E = Math.log(1e300);

/** Figures of each guard of a plan, in its order. */
export function guardFigures(plan: RolloutPlan, evidence: RolloutEvidence): readonly GuardFigures[] {
  const budgets = guardBudgets(plan);
  return plan.guards.map((guard, at) => figuresOf(guard, evidence.guards[at]!, failsAt(plan, budgets[at]!), evidence));
}

function figuresOf(guard: Guard, own: GuardEvidence, limit: number, evidence: RolloutEvidence): GuardFigures {
  const logs = own.streams.map(({ bets }) => stagedLogEvidence(bets));
  const loudest = logs.indexOf(Math.max(...logs));
  const stream = own.streams[loudest]!;
  const isUsage = guard.kind === 'routing-divergence' && guard.source === 'usage';
  const raw = confidenceInterval(stream.interval);
  return {
    guard: guardName(guard),
    unit: unitOf(guard),
    stepObservations: stageObservations(stream.bets),
    observations: stream.interval.observations,
    minObservations: minObservationsOf(guard),
    candidate: meanOf(own.sides.candidate),
    stable: meanOf(own.sides.stable),
    effect: isUsage ? divergenceOf(evidence, loudest) : stream.interval.observations === 0 ? null : meanEffect(stream.interval),
    // The observations' mean is at most the divergence, so only the lower end says something of it.
    interval: isUsage && raw ? { low: Math.max(0, raw.low), high: 1, level: raw.level } : raw,
    margin: guard.margin,
    eValue: eValueOf(logMeanExp(logs)),
    peakEValue: eValueOf(own.peakLogE),
    failsAt: limit,
    layer: guard.kind === 'routing-divergence' ? loudest : null,
  };
}

function unitOf(guard: Guard): GuardFigures['unit'] {
  if (guard.kind === 'feedback') return 'score';
  if (guard.kind === 'routing-divergence') return guard.source === 'usage' ? 'bits' : 'share';
  if (guard.kind !== 'output-divergence' || guard.measure === 'argmax-disagreement') return 'share';
  return guard.measure === 'kl-bits' ? 'bits' : 'nats';
}

function meanEffect({ low, high, sum, observations }: GuardEvidence['streams'][number]['interval']): number {
  return low + ((high - low) * sum) / observations;
}

function divergenceOf({ usage }: RolloutEvidence, layer: number): number | null {
  const [candidate, stable] = [usage?.candidate[layer], usage?.stable[layer]];
  return candidate && stable ? jensenShannonBits(candidate.load, stable.load) : null;
}

function meanOf({ observations, sum }: SideMean): number | null {
  return observations === 0 ? null : sum / observations;
}

function eValueOf(logE: number): number {
  return Math.exp(Math.min(MOST_LOG_E, logE));
}
