import { type CaptureJob, type CapturedRequest } from '#libs/contract/capture/request-record';
import { readBatch } from '#libs/record/batch-source';

/** The requests of one job, still sealed. */
export interface CapturedBatch {
  readonly batchId: string;
  readonly captured: readonly CapturedRequest[];
}

/**
 * First stage: reads what a job announces. Null when the spool has removed the batch, which it does
 * only once the database has it.
 * @throws BatchSourceError or BatchFormatError for bytes that are not what the job announced
 */
export async function readCapturedBatch(job: CaptureJob, spoolRoot: string): Promise<CapturedBatch | null> {
  const read = await readBatch(job, spoolRoot);
  return read.found ? { batchId: job.batchId, captured: read.captured } : null;
}
