import { createCipheriv, createDecipheriv, createHash, createHmac, createSecretKey, type KeyObject, randomFillSync } from 'node:crypto';

/** Layout: version(1) | key id(4) | nonce(12) | ciphertext | tag(16). See docs/trace-format.md. */
const VERSION = 1;
const KEY_BYTES = 32;
const KEY_ID_BYTES = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + KEY_ID_BYTES + NONCE_BYTES;
const NONCE_POOL = 512;

/** Bytes that sealing adds to a trace. */
export const SEAL_OVERHEAD_BYTES = HEADER_BYTES + TAG_BYTES;

export type SealReason = 'malformed' | 'unknown-version' | 'unknown-key' | 'tampered' | 'bad-key';

/** A sealed trace that does not open, or a key that is none; `reason` says why, for code. */
export class SealError extends Error {
  override readonly name = 'SealError';
  readonly reason: SealReason;

  constructor(reason: SealReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Keys of 32 bytes. New traces are sealed with `current`; `older` keys still open what they sealed. */
export interface TraceKeyRing {
  readonly current: Uint8Array;
  readonly older?: readonly Uint8Array[];
}

/** Public name of a key: 8 hexadecimal digits of a hash, so that it tells nothing of the key. */
export function keyIdOf(key: Uint8Array): string {
  if (key.length !== KEY_BYTES) {
    throw new SealError('bad-key', `a trace key has ${KEY_BYTES} bytes, this one has ${key.length}`);
  }
  return createHash('sha256').update('signalbox.trace-key.id').update(key).digest('hex').slice(0, KEY_ID_BYTES * 2);
}

/** Seals packed traces with AES-256-GCM and opens them again, each bound to its request id. */
export class TraceSealer {
  /** Key id that new traces carry. */
  readonly currentKeyId: string;
  private readonly keys = new Map<string, KeyObject>();
  private readonly currentIdBytes: Buffer;
  private readonly nonces = Buffer.alloc(NONCE_BYTES * NONCE_POOL);
  private nextNonce = NONCE_POOL;

  /** @throws SealError `bad-key` for a key of another length or two keys with one id. */
  constructor(ring: TraceKeyRing) {
    for (const key of [ring.current, ...(ring.older ?? [])]) {
      const id = keyIdOf(key);
      const known = this.keys.get(id);
      if (known && !known.export().equals(key)) throw new SealError('bad-key', `two trace keys share the id ${id}: replace one`);
      this.keys.set(id, createSecretKey(key));
    }
    this.currentKeyId = keyIdOf(ring.current);
    this.currentIdBytes = Buffer.from(this.currentKeyId, 'hex');
  }

  /** Seals a packed trace for a request. */
  seal(requestId: string, packedTrace: Uint8Array): Uint8Array {
    const nonce = this.nonce();
    const cipher = createCipheriv('aes-256-gcm', this.requestKey(this.currentKeyId, requestId), nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.from(requestId));
    const sealed = Buffer.allocUnsafeSlow(SEAL_OVERHEAD_BYTES + packedTrace.length);
    sealed[0] = VERSION;
    sealed.set(this.currentIdBytes, 1);
    sealed.set(nonce, 1 + KEY_ID_BYTES);
    sealed.set(cipher.update(packedTrace), HEADER_BYTES);
    cipher.final();
    sealed.set(cipher.getAuthTag(), HEADER_BYTES + packedTrace.length);
    return sealed;
  }

  /** Opens a sealed trace. @throws SealError with the reason. */
  open(requestId: string, sealed: Uint8Array): Uint8Array {
    if (sealed.length < SEAL_OVERHEAD_BYTES) {
      throw new SealError('malformed', `a sealed trace has at least ${SEAL_OVERHEAD_BYTES} bytes, this one has ${sealed.length}`);
    }
    if (sealed[0] !== VERSION) throw new SealError('unknown-version', `seal version ${sealed[0]} is unknown; this build opens ${VERSION}`);
    const keyId = Buffer.from(sealed.subarray(1, 1 + KEY_ID_BYTES)).toString('hex');
    if (!this.keys.has(keyId)) throw new SealError('unknown-key', `the trace was sealed with key ${keyId}, which is not in the key ring`);
    const nonce = sealed.subarray(1 + KEY_ID_BYTES, HEADER_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', this.requestKey(keyId, requestId), nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(requestId));
    decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
    const packed = decipher.update(sealed.subarray(HEADER_BYTES, sealed.length - TAG_BYTES));
    try {
      decipher.final();
    } catch {
      throw new SealError('tampered', `the sealed trace of request ${requestId} was changed or belongs to another request`);
    }
    return packed;
  }

  /**
   * A key per request: random 96-bit nonces under one key would wear out after 2^32 traces. Keys are
   * KeyObjects, because Node takes several times longer over keys that are bytes.
   */
  private requestKey(keyId: string, requestId: string): KeyObject {
    return createSecretKey(createHmac('sha256', this.keys.get(keyId)!).update('signalbox.trace-key.v1').update(requestId).digest());
  }

  /** Random nonces are drawn in bulk: one call to the system per 512 traces. */
  private nonce(): Buffer {
    if (this.nextNonce === NONCE_POOL) {
      randomFillSync(this.nonces);
      this.nextNonce = 0;
    }
    const at = this.nextNonce++ * NONCE_BYTES;
    return this.nonces.subarray(at, at + NONCE_BYTES);
  }
}
