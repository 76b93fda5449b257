import { type CaptureJob } from '#libs/contract/capture/request-record';

/** What a BullMQ job carries. */
export interface CaptureJobData {
  readonly job: CaptureJob;
  readonly traceparent: string | null;
}

/**
 * Checks a job's data, which another version of this program may have written.
 * @throws Error that names the field.
 */
export function parseJobData(data: unknown): CaptureJobData {
  const { job, traceparent } = fieldsOf(data, 'job data');
  const fields = fieldsOf(job, 'job');
  if (fields['version'] !== 1) throw new Error(`capture job: version is ${String(fields['version'])}; this build handles 1`);
  const batchId = textOf(fields, 'batchId');
  const sha256 = textOf(fields, 'sha256');
  const requests = numberOf(fields, 'requests');
  const base = { version: 1, batchId, requests, sha256 } as const;
  const context = typeof traceparent === 'string' ? traceparent : null;
  switch (fields['transport']) {
    case 'spool': {
      const spooled = { directory: textOf(fields, 'directory'), file: textOf(fields, 'file'), bytes: numberOf(fields, 'bytes') };
      return { job: { ...base, transport: 'spool', ...spooled }, traceparent: context };
    }
    case 'inline':
      return { job: { ...base, transport: 'inline', data: textOf(fields, 'data') }, traceparent: context };
    default:
      throw new Error(`capture job: transport is ${String(fields['transport'])}; it must be spool or inline`);
  }
}

function fieldsOf(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new Error(`capture job: ${name} is not an object`);
  return value as Record<string, unknown>;
}

function textOf(fields: Record<string, unknown>, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string' || value === '') throw new Error(`capture job: ${name} must be text`);
  return value;
}

function numberOf(fields: Record<string, unknown>, name: string): number {
  const value = fields[name];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new Error(`capture job: ${name} must be a whole number`);
  return value;
}
