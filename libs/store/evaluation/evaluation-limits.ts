import { SUITE_LIMITS } from '#libs/evaluation/suite/limits';

const MIB = 1024 ** 2;

/** What is kept of evaluations, at most. */
export const EVALUATION_LIMITS = {
  datasetBytes: 32 * MIB,
  datasetItems: SUITE_LIMITS.items,
  /** All datasets that one run reads, which are in memory meanwhile. */
  datasetBytesPerRun: 64 * MIB,
  suiteBytes: MIB,
  /** Queued and running, of everyone together. */
  openRuns: 200,
  specBytes: 64 * 1024,
  stepsPerRun: 50_000,
  /** A step's key as canonical JSON. */
  keyBytes: 64 * 1024,
  partBytes: MIB,
  /** A run's parts together, which are in memory when it concludes. */
  partsBytes: 128 * MIB,
  resultBytes: 8 * MIB,
} as const;
