import { type CheckResult } from '#libs/platform/health/health';
import { type HandoverProgress } from '#libs/record/handover';

/** How recording fares. Never required: traces wait in the spool while the queue or the database is away, and answers go on. */
export function captureHealth(progress: Pick<HandoverProgress, 'queueError' | 'ledgerError' | 'batchesWaiting'> | null): CheckResult {
  if (progress === null) return { ok: true, detail: 'off' };
  const error = progress.queueError ?? progress.ledgerError;
  return error === null ? { ok: true, detail: `${progress.batchesWaiting} batches wait` } : { ok: false, detail: error };
}
