import { crc32 } from 'node:zlib';
import { ANSWER_RESULTS, type AnswerResult, type AppliedRules, type CapturedRequest, type DegradedRecord, NO_TRACE_REASONS, type NoTraceReason, type RequestRecord } from '#libs/contract/capture/request-record';

/**
 * A batch is a run of frames, one per request, all numbers little-endian:
 * payload length (u32) | CRC-32 of the payload (u32) | payload,
 * payload: frame version (u8, 2 where the record names data rules, 3 where its request was pinned, 4 where it took another way, 5 where its answers were checked, 6 where no trace of it is kept) | length of the record (u16) | record as a JSON array | sealed trace.
 */
const FRAME_VERSION = 1;
/** Frames whose record ends with its data rules; those without keep the form that older versions read. */
const FRAME_VERSION_WITH_RULES = 2;
/** Frames of requests that named their release; data rules, or null, then a 1 end the record. */
const FRAME_VERSION_PINNED = 3;
/** Frames of requests that took another way: data rules or null, 1 or null, then the path and the model that was asked for, or null. */
const FRAME_VERSION_DEGRADED = 4;
/** Frames of requests whose answers were checked: rules, pinned and the way, or null for each, then the result. */
const FRAME_VERSION_CHECKED = 5;
/** Frames of requests whose traces are not kept: all fields before, or null for each, then the reason. */
const FRAME_VERSION_NO_TRACE = 6;
const FRAME_HEADER_BYTES = 8;
const PAYLOAD_HEADER_BYTES = 3;
const MAX_RECORD_BYTES = 65_535;

/** Largest frame: a sealed trace of some 10 million selections. */
export const MAX_FRAME_BYTES = 16 * 1024 * 1024;

export type BatchFormatReason = 'record-too-large' | 'torn' | 'malformed' | 'unknown-version';

/** Bytes that are no batch, or a record too large for one; `reason` says why, for code. */
export class BatchFormatError extends Error {
  override readonly name = 'BatchFormatError';
  readonly reason: BatchFormatReason;

  constructor(reason: BatchFormatReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** The fields of a record in the order of the frame; names would take more room than the values. */
type RecordArray = [
  requestId: string, atMs: number, model: string, releaseId: string, tenant: string, task: string, language: string,
  status: RequestRecord['status'], promptTokens: number, completionTokens: number, queueWaitMs: number,
  timeToFirstTokenMs: number | null, durationMs: number, traceparent: string | null, rules?: RulesArray | null, pinned?: 1 | null, degraded?: DegradedArray | null,
  answerCheck?: AnswerResult | null, noTrace?: NoTraceReason,
];
type DegradedArray = [path: 'generalist' | 'dense', askedModel: string | null];
type RulesArray = [digest: string, maskedExperts: number, ruleIds: readonly string[], region: string, dataClass: string, licence: string];
const PLAIN_FIELDS = 14;
const TEXT_FIELDS = [0, 2, 3, 4, 5, 6, 7];
const NUMBER_FIELDS = [1, 8, 9, 10, 12];
const STATUSES: readonly string[] = ['answered', 'cancelled', 'failed'];

/** One frame. @throws BatchFormatError `record-too-large`. */
export function encodeFrame(captured: CapturedRequest): Buffer {
  const r = captured.record;
  const fields: RecordArray = [
    r.requestId, r.atMs, r.model, r.releaseId, r.segment.tenant, r.segment.task, r.segment.language,
    r.status, r.promptTokens, r.completionTokens, r.queueWaitMs, r.timeToFirstTokenMs, r.durationMs, r.traceparent,
  ];
  if (r.rules) fields.push([r.rules.digest, r.rules.maskedExperts, r.rules.ruleIds, r.rules.labels.region, r.rules.labels.dataClass, r.rules.labels.licence]);
  else if (r.pinned || r.degraded || r.answerCheck || r.noTrace) fields.push(null);
  if (r.pinned) fields.push(1);
  else if (r.degraded || r.answerCheck || r.noTrace) fields.push(null);
  if (r.degraded) fields.push([r.degraded.path, r.degraded.path === 'dense' ? r.degraded.askedModel : null]);
  else if (r.answerCheck || r.noTrace) fields.push(null);
  if (r.answerCheck) fields.push(r.answerCheck);
  else if (r.noTrace) fields.push(null);
  if (r.noTrace) fields.push(r.noTrace);
  const record = Buffer.from(JSON.stringify(fields));
  const payloadBytes = PAYLOAD_HEADER_BYTES + record.length + captured.sealedTrace.length;
  if (record.length > MAX_RECORD_BYTES || payloadBytes + FRAME_HEADER_BYTES > MAX_FRAME_BYTES) {
    throw new BatchFormatError('record-too-large', `request ${r.requestId} takes ${payloadBytes} bytes; a frame allows ${MAX_FRAME_BYTES}`);
  }
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + payloadBytes);
  frame.writeUInt32LE(payloadBytes, 0);
  frame.writeUInt8(r.noTrace ? FRAME_VERSION_NO_TRACE : r.answerCheck ? FRAME_VERSION_CHECKED : r.degraded ? FRAME_VERSION_DEGRADED : r.pinned ? FRAME_VERSION_PINNED : r.rules ? FRAME_VERSION_WITH_RULES : FRAME_VERSION, 8);
  frame.writeUInt16LE(record.length, 9);
  frame.set(record, 11);
  frame.set(captured.sealedTrace, 11 + record.length);
  frame.writeUInt32LE(crc32(frame.subarray(FRAME_HEADER_BYTES)), 4);
  return frame;
}

/** Reads a whole batch. @throws BatchFormatError with the reason: a batch is handed over only whole. */
export function decodeBatch(bytes: Uint8Array): CapturedRequest[] {
  const batch = asBuffer(bytes);
  const captured: CapturedRequest[] = [];
  let at = 0;
  while (at < batch.length) {
    const end = frameEnd(batch, at);
    if (end === null) throw new BatchFormatError('torn', `the batch is torn at byte ${at} of ${batch.length}`);
    captured.push(decodePayload(batch.subarray(at + FRAME_HEADER_BYTES, end)));
    at = end;
  }
  return captured;
}

/**
 * How much of a log is whole: bytes up to the first frame that is short or fails its CRC, and the
 * frames before it. What follows was being written when its process died, so nobody was promised it.
 */
export function wholeFrames(bytes: Uint8Array): { readonly bytes: number; readonly frames: number } {
  const log = asBuffer(bytes);
  let at = 0;
  let frames = 0;
  for (let end = frameEnd(log, at); end !== null; end = frameEnd(log, at)) {
    at = end;
    frames++;
  }
  return { bytes: at, frames };
}

/** End of the frame at `at`, or null when it is short or fails its CRC. */
function frameEnd(log: Buffer, at: number): number | null {
  if (log.length - at < FRAME_HEADER_BYTES) return null;
  const payloadBytes = log.readUInt32LE(at);
  const end = at + FRAME_HEADER_BYTES + payloadBytes;
  if (payloadBytes < PAYLOAD_HEADER_BYTES || payloadBytes > MAX_FRAME_BYTES || end > log.length) return null;
  return crc32(log.subarray(at + FRAME_HEADER_BYTES, end)) === log.readUInt32LE(at + 4) ? end : null;
}

function decodePayload(payload: Buffer): CapturedRequest {
  const version = payload.readUInt8(0);
  if (version < FRAME_VERSION || version > FRAME_VERSION_NO_TRACE) {
    throw new BatchFormatError('unknown-version', `frame version ${version} is unknown; this build reads ${FRAME_VERSION} to ${FRAME_VERSION_NO_TRACE}`);
  }
  const recordEnd = PAYLOAD_HEADER_BYTES + payload.readUInt16LE(1);
  if (recordEnd > payload.length) throw new BatchFormatError('malformed', 'the record is longer than its frame');
  return {
    record: decodeRecord(payload.toString('utf8', PAYLOAD_HEADER_BYTES, recordEnd), version),
    // A copy: the batch's buffer must not live as long as its smallest trace.
    sealedTrace: Uint8Array.from(payload.subarray(recordEnd)),
  };
}

function decodeRecord(json: string, version: number): RequestRecord {
  const fields = parseJson(json);
  if (!isRecordArray(fields, version)) throw new BatchFormatError('malformed', 'a record has fields of the wrong number or type');
  const [
    requestId, atMs, model, releaseId, tenant, task, language, status, promptTokens, completionTokens,
    queueWaitMs, timeToFirstTokenMs, durationMs, traceparent, rules, pinned, degraded, answerCheck, noTrace,
  ] = fields;
  return {
    requestId, atMs, model, releaseId, segment: { tenant, task, language }, status, promptTokens, completionTokens,
    queueWaitMs, timeToFirstTokenMs, durationMs, traceparent,
    ...(rules && { rules: appliedRules(rules) }),
    ...(pinned && { pinned: true as const }),
    ...(degraded && { degraded: degradedRecord(degraded) }),
    ...(answerCheck && { answerCheck }),
    ...(noTrace && { noTrace }),
  };
}

function degradedRecord([path, askedModel]: DegradedArray): DegradedRecord {
  return path === 'dense' ? { path, askedModel: askedModel ?? '' } : { path };
}

function appliedRules([digest, maskedExperts, ruleIds, region, dataClass, licence]: RulesArray): AppliedRules {
  return { digest, maskedExperts, ruleIds, labels: { region, dataClass, licence } };
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new BatchFormatError('malformed', 'a record is not JSON');
  }
}

/** Each version adds a field to the one before. */
function isRecordArray(fields: unknown, version: number): fields is RecordArray {
  return (
    Array.isArray(fields) &&
    fields.length === PLAIN_FIELDS + version - FRAME_VERSION &&
    TEXT_FIELDS.every((at) => typeof fields[at] === 'string') &&
    NUMBER_FIELDS.every((at) => typeof fields[at] === 'number') &&
    STATUSES.includes(fields[7]) &&
    (fields[11] === null || typeof fields[11] === 'number') &&
    (fields[13] === null || typeof fields[13] === 'string') &&
    (version < FRAME_VERSION_WITH_RULES || isRulesArray(fields[PLAIN_FIELDS]) || (version >= FRAME_VERSION_PINNED && fields[PLAIN_FIELDS] === null)) &&
    (version < FRAME_VERSION_PINNED || fields[PLAIN_FIELDS + 1] === 1 || (version >= FRAME_VERSION_DEGRADED && fields[PLAIN_FIELDS + 1] === null)) &&
    (version < FRAME_VERSION_DEGRADED || isDegradedArray(fields[PLAIN_FIELDS + 2]) || (version >= FRAME_VERSION_CHECKED && fields[PLAIN_FIELDS + 2] === null)) &&
    (version < FRAME_VERSION_CHECKED || (ANSWER_RESULTS as readonly unknown[]).includes(fields[PLAIN_FIELDS + 3]) || (version >= FRAME_VERSION_NO_TRACE && fields[PLAIN_FIELDS + 3] === null)) &&
    (version < FRAME_VERSION_NO_TRACE || (NO_TRACE_REASONS as readonly unknown[]).includes(fields[PLAIN_FIELDS + 4]))
  );
}

function isRulesArray(fields: unknown): fields is RulesArray {
  return (
    Array.isArray(fields) &&
    fields.length === 6 &&
    [0, 3, 4, 5].every((at) => typeof fields[at] === 'string') &&
    typeof fields[1] === 'number' &&
    Array.isArray(fields[2]) &&
    fields[2].every((id) => typeof id === 'string')
  );
}

function isDegradedArray(fields: unknown): fields is DegradedArray {
  return Array.isArray(fields) && fields.length === 2 && (fields[0] === 'dense' ? typeof fields[1] === 'string' : fields[0] === 'generalist' && fields[1] === null);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
