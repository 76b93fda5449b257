/**
 * How capture jobs live in BullMQ, the same on both backends. A finished job goes at once, also a
 * failed one: as long as it stayed, its id would make a redelivery from the spool look like a
 * duplicate. The spool is the durable copy and its figures show what is not written.
 */
export const JOB_SETTINGS = {
  attempts: 10,
  backoff: { type: 'exponential', delay: 200 },
  removeOnComplete: true,
  removeOnFail: true,
  stackTraceLimit: 3,
} as const;

/**
 * A worker that dies gives its jobs back within lockDuration + stalledInterval. Kills are expected
 * and say nothing about the job, so only a job that stalls very often is given up.
 */
export const WORKER_SETTINGS = {
  lockDuration: 5000,
  stalledInterval: 2000,
  maxStalledCount: 1000,
  drainDelay: 1,
} as const;

/** Longest wait for the queue's server to answer. */
export const ANSWER_LIMIT_MS = 5000;

/** Wait before a worker tries again to reach its server. */
export const RECONNECT_MS = 1000;
