import { createUpload, listUploads, putUploadBytes } from '../../api/gen/sdk.gen.ts';
import { type Upload, type UploadRequest } from '../../api/gen/types.gen.ts';
import { Problem, problemOf } from '../../api/problem.ts';
import { digestFile } from './digest-file.ts';

/** Sent at a time, as the API asks. */
const PIECE_BYTES = 16 * 1024 * 1024;
/** Pages of uploads in which one that was broken off is looked for; at most 32 are open at a time. */
const MAX_PAGES = 5;
const FILE_FIELDS: readonly (string | null)[] = ['sha256', 'sizeBytes', 'offset'];

export type Phase = 'reading' | 'sending' | 'checking';

export interface SendProgress {
  readonly phase: Phase;
  readonly doneBytes: number;
}

type Order = Omit<UploadRequest, 'sha256' | 'sizeBytes'>;

/**
 * Hashes a file and sends what the server lacks of it, so that a broken upload goes on where it was.
 * Answers with the ended upload; its id is null where the registry held these bytes already.
 * @throws Problem naming the form's field; what is wrong with the bytes is at `file`
 */
export async function sendFile(file: File, order: Order, signal: AbortSignal, onProgress: (progress: SendProgress) => void): Promise<Upload> {
  if (file.size === 0) throw new Problem(400, 'empty_file', 'The file is empty', 'The file has no bytes: choose a safetensors file, or a tokenizer.json.', 'file');
  const sha256 = await digestFile(file, signal, (doneBytes) => onProgress({ phase: 'reading', doneBytes })).catch((error: unknown) => {
    signal.throwIfAborted();
    throw new Problem(400, 'unreadable_file', 'The file cannot be read', `The browser cannot read it (${error instanceof Error ? error.message : 'no reason given'}): it may have changed since it was chosen. Choose it again.`, 'file');
  });
  try {
    let at = (await openUpload(sha256, signal)) ?? (await createUpload({ body: { ...order, sha256, sizeBytes: file.size }, signal })).data;
    // Once more at its end, where everything has come but nobody has checked it yet.
    while (at.state === 'open' && at.uploadId !== null) {
      const end = Math.min(at.offsetBytes + PIECE_BYTES, file.size);
      onProgress({ phase: end === file.size ? 'checking' : 'sending', doneBytes: at.offsetBytes });
      at = (await putUploadBytes({ path: { uploadId: at.uploadId }, query: { offset: at.offsetBytes }, body: file.slice(at.offsetBytes, end), signal })).data;
    }
    if (at.error !== null) throw new Problem(422, at.error.code, 'The file was not taken', at.error.message, 'file');
    return at;
  } catch (error) {
    signal.throwIfAborted();
    const problem = problemOf(error, undefined);
    throw problem.status === 422 || FILE_FIELDS.includes(problem.field) ? new Problem(problem.status, problem.code, problem.title, problem.detail, 'file') : problem;
  }
}

/** An upload of these bytes that is still open. */
async function openUpload(sha256: string, signal: AbortSignal): Promise<Upload | null> {
  let cursor: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { items, nextCursor } = (await listUploads({ query: { limit: 200, ...(cursor !== undefined && { cursor }) }, signal })).data;
    const found = items.find((one) => one.sha256 === sha256 && one.state === 'open');
    if (found !== undefined) return found;
    if (nextCursor === null) return null;
    cursor = nextCursor;
  }
  return null;
}
