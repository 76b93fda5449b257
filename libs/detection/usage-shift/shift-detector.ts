import { type UsageBaseline } from '../baseline/usage-baseline.ts';
import { type Bet, betScore, boundMean, expectedMargin, unitDirection, varianceOf } from './bet.ts';
import { type DetectorSettings } from './settings.ts';

/** One memory of the recent past and the bets that follow it. Plain data, so that it survives a restart as JSON. */
interface TrackState {
  /** Exponentially weighted mean of y - q0 over past requests. */
  readonly drift: number[];
  bet: Bet | null;
  /** Directions chosen so far: the level of the next bound. */
  updates: number;
  requestsToUpdate: number;
  /** Wealth of each bet size, restarted at 1 whenever it falls below. */
  readonly wealth: number[];
}

/** State of the detector for one stream: a layer of a release in a segment. */
export interface ShiftState {
  readonly tracks: readonly TrackState[];
  requests: number;
  requestsSinceAlarm: number;
  alarms: number;
}

export interface ShiftAlarm {
  /** Mean wealth that crossed the threshold. */
  readonly evidence: number;
  readonly threshold: number;
  /** Requests seen since the alarm before, or since the start. */
  readonly requestsSinceAlarm: number;
  /** Running mean difference to the baseline of the track with the most wealth, by expert: where it went. */
  readonly drift: readonly number[];
  /** Half-life of that track, in requests: about as long ago it began. */
  readonly halfLifeRequests: number;
  /** That track, and its bet size with the most wealth: indices into the settings. */
  readonly track: number;
  readonly betSize: number;
}

/** Mean wealth over half-lives and bet sizes: the evidence that is compared with the threshold. */
export function shiftEvidence({ tracks }: ShiftState): number {
  let sum = 0;
  let count = 0;
  for (const { wealth } of tracks) {
    for (const one of wealth) sum += one;
    count += wealth.length;
  }
  return sum / count;
}

export function newShiftState(experts: number, settings: DetectorSettings): ShiftState {
  return {
    tracks: settings.halfLivesRequests.map((halfLife) => ({
      drift: Array.from({ length: experts }, () => 0),
      bet: null,
      updates: 0,
      requestsToUpdate: updateInterval(halfLife, settings),
      wealth: settings.betSizes.map(() => 1),
    })),
    requests: 0,
    requestsSinceAlarm: 0,
    alarms: 0,
  };
}

/**
 * Request-clustered clipped-bet e-detector. A request's expert shares y may depend on each other and
 * on the past in any way; under the baseline law its score s along a direction chosen from the past
 * has a mean of at most `meanBound`, so e = 1 + lambda (s - meanBound) has a mean of at most 1. The wealth
 * M <- max(1, M) e is an e-CUSUM, dominated by the e-detector M <- (1 + M) e (Shin, Ramdas & Rinaldo
 * 2022, arXiv 2203.03532), so that with probability 1 - beta over the baseline, E[alarms in T
 * requests] <= T / threshold for every T, restarts included. Mixes over half-lives and bet sizes by
 * their average (Vovk & Wang 2021).
 *
 * Cost: experts x half-lives for each request, and a pass over half C for each new direction that promises to win.
 * Changes `state`; returns the alarm that this request raised, or null.
 * @param shares expert shares of the request in this layer, summing to 1
 */
export function observeRequest(state: ShiftState, shares: ArrayLike<number>, baseline: UsageBaseline, threshold: number, settings: DetectorSettings): ShiftAlarm | null {
  if (shares.length !== baseline.experts) throw new RangeError(`the request has shares of ${shares.length} experts, the baseline of ${baseline.experts}`);
  state.requests += 1;
  state.requestsSinceAlarm += 1;
  let sum = 0;
  for (const [index, track] of state.tracks.entries()) {
    const halfLife = settings.halfLivesRequests[index]!;
    if (track.bet !== null) takeBet(track, track.bet, shares, baseline, settings);
    // Only now may the request move the direction: a bet knows nothing but the past.
    remember(track, shares, baseline, halfLife);
    track.requestsToUpdate -= 1;
    if (track.requestsToUpdate <= 0) chooseBet(track, baseline, halfLife, settings);
    for (const wealth of track.wealth) sum += wealth;
  }
  const evidence = sum / (state.tracks.length * settings.betSizes.length);
  return evidence >= threshold ? raiseShift(state, evidence, threshold, settings) : null;
}

function takeBet({ wealth }: TrackState, { direction, meanBound }: Bet, shares: ArrayLike<number>, { mean }: UsageBaseline, { betSizes, clip }: DetectorSettings): void {
  const gain = betScore(direction, shares, 0, mean, clip) - meanBound;
  for (const [at, size] of betSizes.entries()) {
    // The worst score must not make a bet negative.
    const stake = Math.min(size, 1 / (clip + meanBound));
    wealth[at] = Math.max(1, wealth[at]!) * (1 + stake * gain);
  }
}

function remember({ drift }: TrackState, shares: ArrayLike<number>, { mean }: UsageBaseline, halfLife: number): void {
  const weight = 1 - 0.5 ** (1 / halfLife);
  for (let j = 0; j < drift.length; j += 1) drift[j]! += weight * (shares[j]! - mean[j]! - drift[j]!);
}

/**
 * A track whose drift is within its noise stops betting: it would only lose to the bound. A new direction
 * costs a pass over half C, so one is taken only where it should win, judged from the past alone: the
 * level is spent on directions that are bounded, whatever the reason for bounding them.
 */
function chooseBet(track: TrackState, baseline: UsageBaseline, halfLife: number, settings: DetectorSettings): void {
  track.requestsToUpdate = updateInterval(halfLife, settings);
  const { excess, statistic } = driftStrength(track.drift, baseline, halfLife);
  if (excess <= settings.noiseFactor * noiseDeviation(baseline, halfLife)) {
    track.bet = null;
    return;
  }
  const expectedGain = excess / Math.sqrt(statistic);
  if (track.bet !== null && isStillGood(track.bet, track.drift, expectedGain, settings)) return;
  const level = settings.beta / (settings.halfLivesRequests.length * (track.updates + 1) * (track.updates + 2));
  const direction = expectedGain > expectedMargin(baseline, settings.clip, level) ? unitDirection(baseline, track.drift) : null;
  if (direction === null) {
    track.bet = null;
    return;
  }
  track.updates += 1;
  const meanBound = boundMean(baseline, direction, settings.clip, level);
  track.bet = meanBound < settings.clip ? { direction, meanBound } : null;
}

/** Whether the direction at hand gives most of what a new one would; its bound still holds, as it knew only the past. */
function isStillGood({ direction, meanBound }: Bet, drift: readonly number[], expectedGain: number, { keepShare }: DetectorSettings): boolean {
  let gain = 0;
  for (let j = 0; j < drift.length; j += 1) gain += direction[j]! * drift[j]!;
  return gain > meanBound && gain >= keepShare * expectedGain;
}

/**
 * sum_j d_j^2 / sigma_j^2 of a running mean, and what of it is beyond the noise of independent requests: its
 * variance is sigma^2 w / (2 - w) for weight w, and the sum over E - 1 free shares has about that many
 * degrees of freedom. Over its own root, the excess is about what a bet along d gains.
 */
function driftStrength(drift: readonly number[], { experts, covariance }: UsageBaseline, halfLife: number): { statistic: number; excess: number } {
  let statistic = 0;
  for (let j = 0; j < drift.length; j += 1) statistic += (drift[j]! * drift[j]!) / varianceOf(covariance, experts, j);
  return { statistic, excess: statistic - meanNoise(halfLife) * Math.max(1, experts - 1) };
}

function noiseDeviation({ experts }: UsageBaseline, halfLife: number): number {
  return meanNoise(halfLife) * Math.sqrt(2 * Math.max(1, experts - 1));
}

/** Variance of the running mean of independent values of unit variance. */
function meanNoise(halfLife: number): number {
  const weight = 1 - 0.5 ** (1 / halfLife);
  return weight / (2 - weight);
}

/** Raises an alarm. It takes the wealth back and nothing else: the next one needs evidence of its own. Changes `state`. */
export function raiseShift(state: ShiftState, evidence: number, threshold: number, { halfLivesRequests }: DetectorSettings): ShiftAlarm {
  let strongest = 0;
  for (const [index, track] of state.tracks.entries()) {
    if (Math.max(...track.wealth) > Math.max(...state.tracks[strongest]!.wealth)) strongest = index;
  }
  const { wealth } = state.tracks[strongest]!;
  const alarm: ShiftAlarm = {
    evidence,
    threshold,
    requestsSinceAlarm: state.requestsSinceAlarm,
    drift: [...state.tracks[strongest]!.drift],
    halfLifeRequests: halfLivesRequests[strongest]!,
    track: strongest,
    betSize: wealth.indexOf(Math.max(...wealth)),
  };
  for (const track of state.tracks) track.wealth.fill(1);
  state.requestsSinceAlarm = 0;
  state.alarms += 1;
  return alarm;
}

function updateInterval(halfLife: number, { updateShare, minUpdateRequests }: DetectorSettings): number {
  return Math.max(minUpdateRequests, Math.round(halfLife * updateShare));
}
