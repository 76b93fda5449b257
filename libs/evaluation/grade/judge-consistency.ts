import { wilsonInterval } from '#libs/stats/proportion';
import { type JudgeConsistency, type JudgeStanding } from '../run/result.ts';
import { type BothOrders } from './judge.ts';

/**
 * Of judges that do not look at the answers, each order by itself, the best keep half of their winners: with
 * the chances a, b and t of A, B and TIE it is 2ab / (1 - t^2), at most (1 - t) / (2 (1 + t)).
 */
const BLIND = 0.5;

/** Whether the same one won both times; null where that cannot be asked: a reply was not read, or both were ties. */
export function keepsWinner([first, second]: BothOrders): boolean | null {
  if (first === null || second === null || (first === 'tie' && second === 'tie')) return null;
  return first === second;
}

/**
 * Consistency under exchanged positions (Zheng et al. 2023, arXiv 2306.05685, section 3.3 and table 2) with
 * Wilson's interval. Theirs counts pairs of two ties as consistent; here these are left out, since a judge that
 * always says TIE would be perfect.
 */
export function judgeConsistency(pairs: readonly BothOrders[]): JudgeConsistency {
  const kept = pairs.flatMap((pair) => keepsWinner(pair) ?? []);
  const count = (isMeant: (pair: BothOrders) => boolean): number => pairs.filter(isMeant).length;
  const value = kept.filter(Boolean).length / kept.length;
  const consistency = kept.length === 0 ? null : { value, ...wilsonInterval(value, kept.length), n: kept.length };
  return {
    pairs: pairs.length,
    unreadable: count(([first, second]) => first === null || second === null),
    tied: count(([first, second]) => first === 'tie' && second === 'tie'),
    consistency,
    firstBoth: count(([first, second]) => first === 'win' && second === 'loss'),
    secondBoth: count(([first, second]) => first === 'loss' && second === 'win'),
    standing: standingOf(consistency),
  };
}

function standingOf(consistency: ReturnType<typeof wilsonInterval> | null): JudgeStanding {
  if (consistency === null) return 'not-shown';
  if (consistency.low > BLIND) return 'tells';
  return consistency.high < BLIND ? 'cannot-tell' : 'not-shown';
}
