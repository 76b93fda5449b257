import { ProblemError } from '#libs/platform/errors/problem-error';
import { type UploadState } from '#libs/store/registry/uploads';

/** Uploads open at a time, of everyone together: each may hold its size on the disk. */
export const MAX_OPEN_UPLOADS = 32;

export function uploadNotFound(): ProblemError {
  return new ProblemError({ status: 404, code: 'upload_not_found', title: 'No such upload', detail: 'GET /api/v1/uploads lists them.' });
}

export function uploadEnded(state: UploadState): ProblemError {
  return new ProblemError({ status: 409, code: 'upload_ended', title: 'The upload has ended', detail: `It is ${state}: begin another by POST /api/v1/uploads.` });
}

export function uploadBusy(): ProblemError {
  return new ProblemError({ status: 409, code: 'upload_busy', title: 'Another request adds to this upload', detail: 'Send one piece at a time: try again when that request has ended.' });
}

export function tooManyUploads(): ProblemError {
  return new ProblemError({ status: 429, code: 'too_many_uploads', title: 'Too many uploads are open', detail: `At most ${MAX_OPEN_UPLOADS} may be open: finish or cancel one; GET /api/v1/uploads lists them.` });
}

export function diskFull(sizeBytes: number): ProblemError {
  return new ProblemError({ status: 507, code: 'disk_full', title: 'The disk has no room for it', detail: `The disk of SIGNALBOX_HOME has no room for ${sizeBytes} bytes: free some, then try again.` });
}

/** The right offset is also in the upload itself: see GET. */
export function wrongOffset(offsetBytes: number): ProblemError {
  return new ProblemError({ status: 409, code: 'wrong_offset', title: 'The bytes begin at the wrong place', detail: `Query field offset: the server has ${offsetBytes} bytes; send those from offset ${offsetBytes}.`, field: 'offset' });
}

export function wrongSize(sizeBytes: number): ProblemError {
  return new ProblemError({ status: 422, code: 'too_long', title: 'The file is longer than was said', detail: `The upload was opened for ${sizeBytes} bytes, and more came. Open another one with the right size and digest.` });
}

export function interrupted(offsetBytes: number): ProblemError {
  return new ProblemError({ status: 400, code: 'upload_interrupted', title: 'The request broke off', detail: `What had arrived is kept: go on from offset ${offsetBytes}.` });
}

/** Whether a request body ended before it was whole. */
export function isBroken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'ABORT_ERR', 'EPIPE'].includes(String(error.code));
}

/** What a caller may know of a file that failed its check; null where the check itself failed. */
export function fileRefused(error: unknown): ProblemError | null {
  if (!(error instanceof Error) || error.name !== 'ComponentFileError') return null;
  const { reason } = error as Error & { readonly reason: string };
  return new ProblemError({ status: 422, code: reason.replaceAll('-', '_'), title: 'The file was not taken', detail: error.message }, { cause: error });
}
