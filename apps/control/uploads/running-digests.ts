import { createHash, type Hash } from 'node:crypto';
import { type Sha256 } from '#libs/release/component';

/**
 * SHA-256 of uploads while they stream in. Only of those that this process has seen from their first byte
 * without a gap: the others are read from disk at their end.
 */
export class RunningDigests {
  readonly #digests = new Map<string, { readonly hash: Hash; bytes: number }>();

  /** Takes bytes that follow what was taken before; elsewhere, gives the digest up. */
  take(id: string, offsetBytes: number, bytes: Uint8Array): void {
    if (offsetBytes === 0) this.#digests.set(id, { hash: createHash('sha256'), bytes: 0 });
    const running = this.#digests.get(id);
    if (!running) return;
    if (running.bytes === offsetBytes) {
      running.hash.update(bytes);
      running.bytes += bytes.byteLength;
    } else this.#digests.delete(id);
  }

  /** The digest of just so many bytes, which ends it; null where it is not known. */
  end(id: string, sizeBytes: number): Sha256 | null {
    const running = this.#digests.get(id);
    this.#digests.delete(id);
    return running?.bytes === sizeBytes ? running.hash.digest('hex') : null;
  }
}
