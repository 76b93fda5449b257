import { type Reading } from '#libs/detection/reading/reading';
import { addScore, emptyQualitySums, qualityOf } from '#libs/detection/windows/quality-sums';
import { qualityVerdicts, unpackQualityTest } from '#libs/detection/windows/quality-test';
import { type FeedbackRouting } from '#libs/store/feedback/feedback-routing';
import { setImmediate as breathe } from 'node:timers/promises';
import { type ServedRelease } from './measured-releases.ts';

const WINDOW_MS = 30 * 86_400_000;
/** Newest scored requests by which a difference is measured. */
const MAX_REQUESTS = 2000;
/** Share of false ones among the experts that are called worse, on average at most. */
const LEVEL = 0.05;
/** Without the test's word, the lower end of what is lost must be above this to be worth a reading. */
const LOST_FROM = 0.05;
const MAX_READINGS = 20;

/** Experts of a release whose requests are liked less than others, most first. The value is the difference of mean scores: below 0. */
export async function qualityReadings(routing: Pick<FeedbackRouting, 'test' | 'scored'>, release: ServedRelease, { nowMs, minRequests }: { nowMs: number; minRequests: number }): Promise<readonly Reading[]> {
  const { releaseId, layers, experts, model } = release;
  const state = await routing.test(releaseId);
  if (state === null) return [];
  const verdicts = qualityVerdicts(unpackQualityTest(state), LEVEL);
  const sums = emptyQualitySums(layers, experts);
  for await (const scored of routing.scored({ releaseId, fromMs: nowMs - WINDOW_MS, toMs: nowMs + 1, tenant: null, layer: null, experts, limit: MAX_REQUESTS })) {
    for (const { shares, score } of scored) addScore(sums, shares, score);
    await breathe();
  }
  return verdicts
    .map(({ eValue, isWorse }, cell) => ({ ...qualityOf(sums, Math.floor(cell / experts), cell % experts), eValue, isWorse }))
    .filter(({ requests, isWorse, lost, interval }) => requests >= minRequests && lost !== null && lost > 0 && (isWorse || (interval?.low ?? 0) > LOST_FROM))
    .toSorted((a, b) => (b.lost ?? 0) - (a.lost ?? 0))
    .slice(0, MAX_READINGS)
    .map(({ layer, expert, lost, interval, requests, eValue, isWorse }): Reading => ({
      signal: 'quality',
      labels: { model, release: releaseId, layer: String(layer), expert: String(expert) },
      atMs: nowMs,
      value: lost === null ? null : -lost,
      interval: interval && { low: -interval.high, high: -interval.low },
      alarm: isWorse,
      evidence: eValue,
      detail: { requests, experts: [{ expert, share: null, baselineShare: null, eValue }] },
    }));
}
