import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';

/** Read at a time, and held in memory. */
const CHUNK_BYTES = 4 * 1024 * 1024;

/**
 * SHA-256 of a file in lower-case hexadecimal. The browser's own digest takes all bytes at once, and a backbone has gigabytes:
 * this one takes them piece by piece. @throws the reason of the signal where it was aborted; DOMException where the file cannot be read
 */
export async function digestFile(file: Blob, signal: AbortSignal, onProgress: (doneBytes: number) => void, chunkBytes = CHUNK_BYTES): Promise<string> {
  const hash = sha256.create();
  for (let at = 0; at < file.size; at += chunkBytes) {
    signal.throwIfAborted();
    const bytes = new Uint8Array(await file.slice(at, at + chunkBytes).arrayBuffer());
    hash.update(bytes);
    onProgress(at + bytes.byteLength);
  }
  return bytesToHex(hash.digest());
}
