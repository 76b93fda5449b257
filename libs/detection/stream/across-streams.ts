import { eBenjaminiHochberg } from '#libs/stats/e-benjamini-hochberg';

/**
 * The e-d-BH rule: which of all streams to declare at one moment, from the wealths of their
 * e-detectors. The k largest for the largest k whose k-th is at least threshold / k, which is e-BH at
 * level streams / threshold. The share of false ones among those declared, over the time waited, is then
 * at most 1 in threshold / streams requests, at any stopping time and however the streams depend on each other.
 * Source: Dandapanthula & Ramdas 2025 (arXiv 2501.04130), error over patience.
 * Returns ascending indices.
 * @param wealths of e-detectors that began at or below 1 a request
 * @param threshold of a single stream, see alarmThreshold
 */
export function declareStreams(wealths: readonly number[], threshold: number): number[] {
  return eBenjaminiHochberg(wealths, wealths.length / threshold);
}
