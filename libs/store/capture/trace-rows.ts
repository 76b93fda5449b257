import { type RequestRecord } from '#libs/contract/capture/request-record';
import { type ShortIds } from '../usage/roll-up.ts';
import { BinaryCopyEncoder } from './binary-copy.ts';
import { segmentKey } from './segments.ts';
import { type TraceToWrite } from './trace-batch.ts';

/** Columns in the order in which encodeTraceRows writes them. */
export const TRACE_COLUMNS = [
  'at',
  'release',
  'segment',
  'prompt_tokens',
  'completion_tokens',
  'routed_tokens',
  'queue_ms',
  'ttft_ms',
  'duration_ms',
  'request_id',
  'status',
  'trace',
  'masked_experts',
  'rules_digest',
  'rules_applied',
  'pinned',
  'flags',
  'degraded',
  'asked_model',
  'answer_check',
  'no_trace',
] as const;

/** Statuses by their stored number. */
export const STATUSES: readonly RequestRecord['status'][] = ['answered', 'cancelled', 'failed'];

const MAX_INT32 = 2 ** 31 - 1;
/** PostgreSQL takes one chunk in while the next is encoded. */
const CHUNK_BYTES = 128 * 1024;
const BUFFER_BYTES = 160 * 1024;

/**
 * Traces as rows of the binary COPY format, in chunks.
 * @throws Error naming a release without a number or a request id that is no UUID
 */
export function* encodeTraceRows(traces: readonly TraceToWrite[], ids: ShortIds): Generator<Buffer> {
  const encoder = new BinaryCopyEncoder(BUFFER_BYTES);
  for (const { record, sealedTrace, routedTokens, flags } of traces) {
    const release = ids.releases.get(record.releaseId)?.number;
    const segment = ids.segments.get(segmentKey(record.segment));
    if (release === undefined) throw new Error(`releaseId ${record.releaseId} of request ${record.requestId} is not in the database`);
    if (segment === undefined) throw new Error(`segment of request ${record.requestId} has no number`);
    encoder
      .row(TRACE_COLUMNS.length)
      .timestamp(record.atMs)
      .int32(release)
      .int32(segment)
      .int32(record.promptTokens)
      .int32(record.completionTokens)
      .int32(routedTokens)
      .int32(wholeMs(record.queueWaitMs))
      .int32(record.timeToFirstTokenMs === null ? null : wholeMs(record.timeToFirstTokenMs))
      .int32(wholeMs(record.durationMs))
      .uuid(record.requestId)
      .int16(STATUSES.indexOf(record.status))
      .bytes(sealedTrace)
      .int32(record.rules?.maskedExperts ?? null)
      .bytes(record.rules ? Buffer.from(record.rules.digest, 'hex') : null)
      .bytes(record.rules ? Buffer.from(JSON.stringify({ rules: record.rules.ruleIds, ...record.rules.labels })) : null)
      .boolean(record.pinned ? true : null)
      .int16(flags)
      .bytes(record.degraded ? Buffer.from(record.degraded.path) : null)
      .bytes(record.degraded?.path === 'dense' ? Buffer.from(record.degraded.askedModel) : null)
      .bytes(record.answerCheck ? Buffer.from(record.answerCheck) : null)
      .bytes(record.noTrace ? Buffer.from(record.noTrace) : null);
    if (encoder.sizeBytes >= CHUNK_BYTES) yield encoder.take();
  }
  yield encoder.finish();
}

function wholeMs(value: number): number {
  return Math.min(MAX_INT32, Math.max(0, Math.round(value)));
}
