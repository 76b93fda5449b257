import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const GENERATED = /^sbx_([a-z0-9]{8})_[A-Za-z0-9_-]{32,256}$/;
/** A key the operator chose: any visible characters, long enough to be a secret. */
const CHOSEN = /^[\x21-\x7e]{24,512}$/;
const PREFIX_LETTERS = 'abcdefghijklmnopqrstuvwxyz234567';

/** What is stored of a key, besides its name and scopes. */
export interface KeyDigest {
  readonly prefix: string;
  readonly salt: Uint8Array;
  readonly hash: Uint8Array;
}

/** A new key, `sbx_<prefix>_<secret>` with 40 random bits to find it by and 256 secret ones. */
export function generateApiKey(): string {
  const prefix = [...randomBytes(8)].map((byte) => PREFIX_LETTERS[byte % PREFIX_LETTERS.length]).join('');
  return `sbx_${prefix}_${randomBytes(32).toString('base64url')}`;
}

/**
 * The public part by which a key is looked up; null if it cannot be a key. A key the operator
 * chose has no such part, so a hash of it serves: 64 bits, too few to test guesses of a secret
 * of this length with any profit.
 */
export function prefixOf(key: string): string | null {
  const generated = GENERATED.exec(key);
  if (generated !== null) return generated[1] ?? null;
  if (!CHOSEN.test(key)) return null;
  return `h${createHash('sha256').update('signalbox.api-key.prefix').update(key).digest('hex').slice(0, 16)}`;
}

/**
 * What to store of a key.
 * @throws RangeError if it is neither generated nor 24 to 512 visible characters.
 */
export function digestApiKey(key: string, salt: Uint8Array = randomBytes(16)): KeyDigest {
  const prefix = prefixOf(key);
  if (prefix === null) throw new RangeError('An API key has 24 to 512 characters without spaces');
  return { prefix, salt, hash: hashOf(key, salt) };
}

/** Compares in constant time, so that the answer's timing tells nothing of the hash. */
export function matchesDigest(key: string, stored: Pick<KeyDigest, 'salt' | 'hash'>): boolean {
  const hash = hashOf(key, stored.salt);
  return hash.length === stored.hash.length && timingSafeEqual(hash, stored.hash);
}

/**
 * One SHA-256: slow hashes protect guessable passwords, whereas nobody can try 2^256 secrets, and
 * scrypt would cost tens of milliseconds per request.
 */
function hashOf(key: string, salt: Uint8Array): Buffer {
  return createHash('sha256').update(salt).update(key).digest();
}
