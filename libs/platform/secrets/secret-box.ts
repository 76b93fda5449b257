import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { keptKey } from '../home/kept-key.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export interface SealedSecret {
  /** nonce(12) | ciphertext | tag(16) */
  readonly sealed: Uint8Array;
  /** Public name of the key: 8 hexadecimal digits of a hash. */
  readonly keyId: string;
}

/** A secret that does not open. */
export class SecretBoxError extends Error {
  override readonly name = 'SecretBoxError';
}

/** Seals secrets of the configuration with AES-256-GCM, each bound to the thing that it belongs to. */
export class SecretBox {
  readonly currentKeyId: string;
  private readonly current: Uint8Array;
  private readonly keys: ReadonlyMap<string, Uint8Array>;

  /** @param keys of 32 bytes; the first seals, all open */
  constructor(keys: readonly [Uint8Array, ...Uint8Array[]]) {
    this.current = keys[0];
    this.currentKeyId = keyIdOf(keys[0]);
    this.keys = new Map(keys.map((key) => [keyIdOf(key), key]));
  }

  /** @param owner such as `receiver/<id>`: it opens for that owner only */
  seal(owner: string, secret: unknown): SealedSecret {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.current, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(owner));
    const sealed = Buffer.concat([nonce, cipher.update(JSON.stringify(secret), 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return { sealed, keyId: this.currentKeyId };
  }

  /** @throws SecretBoxError where the key is not there, or the bytes were altered or belong to another owner */
  open(owner: string, { sealed, keyId }: SealedSecret): unknown {
    const key = this.keys.get(keyId);
    if (!key) throw new SecretBoxError(`the secrets of ${owner} were sealed with key ${keyId}, which is not here: give it in SIGNALBOX_SECRET_KEYS_OLDER, or set them anew`);
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES }).setAAD(Buffer.from(owner));
      decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
      const text = Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES)), decipher.final()]);
      return JSON.parse(text.toString('utf8')) as unknown;
    } catch (error) {
      throw new SecretBoxError(`the secrets of ${owner} do not open: they were altered. Set them anew`, { cause: error });
    }
  }
}

/** The box with the given keys, or with the key kept in the home. @throws Error where the kept key is damaged */
export function secretBox(home: string, given: { readonly key: Uint8Array | null; readonly older: readonly Uint8Array[] }): SecretBox {
  return new SecretBox([given.key ?? keptKey(home, 'secret.key', 'the secrets of receivers cannot be read'), ...given.older]);
}

function keyIdOf(key: Uint8Array): string {
  return createHash('sha256').update('signalbox.secret-key.id').update(key).digest('hex').slice(0, 8);
}
