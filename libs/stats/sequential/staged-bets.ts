import { type Bets, logEvidence, logMeanExp, placeBets, startBets, type BetTerms } from './bets.ts';

/**
 * Bets that start anew at each stage of something, so that harm which begins late is not drowned in the
 * losses of the stages before it. A stage that has not begun holds its stake of 1.
 */
export interface StagedBets {
  readonly stages: number;
  begun: Bets[];
  /** Largest log e-value so far. */
  peakLogE: number;
}

export function startStagedBets(stages: number): StagedBets {
  if (!(stages >= 1)) throw new RangeError(`stages is ${stages}; give at least 1`);
  return { stages, begun: [], peakLogE: 0 };
}

/** Begins the next stage. @throws RangeError when all have begun */
export function beginStage(staged: StagedBets): void {
  if (staged.begun.length >= staged.stages) throw new RangeError(`all ${staged.stages} stages have begun`);
  staged.begun.push(startBets());
}

/** Takes one observation into the bets of every stage that has begun. */
export function placeStagedBets(staged: StagedBets, x: number, terms: BetTerms): void {
  for (const bets of staged.begun) placeBets(bets, x, terms);
  notePeak(staged);
}

/**
 * Natural logarithm of the e-value: the mean over stages. Each term is a supermartingale from its start and
 * constant before, so the mean is one (Vovk & Wang 2021, "E-values: calibration, combination and
 * applications": averages of e-values are e-values under any dependence).
 */
export function stagedLogEvidence({ stages, begun }: StagedBets): number {
  return logMeanExp(Array.from({ length: stages }, (_, stage) => (begun[stage] ? logEvidence(begun[stage]) : 0)));
}

/** Observations of the stage that began last. */
export function stageObservations({ begun }: StagedBets): number {
  return begun.at(-1)?.observations ?? 0;
}

function notePeak(staged: StagedBets): void {
  staged.peakLogE = Math.max(staged.peakLogE, stagedLogEvidence(staged));
}
