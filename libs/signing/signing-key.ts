import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';

/** A key cannot be used for signing or verifying; the message says why. */
export class KeyError extends Error {
  override readonly name = 'KeyError';
}

/** A public key in the form that is stored and shown. */
export interface PublicSigningKey {
  /** SHA-256 of `pem`, 64 hexadecimal digits: the hint that OpenSSF model signatures carry. */
  readonly keyId: string;
  /** SubjectPublicKeyInfo. */
  readonly pem: string;
}

/** ECDSA over NIST P-256, as Node and OpenSSL name it. */
const CURVE = 'prime256v1';

/** A new key pair. @param passphrase encrypts the private key (PKCS #8, AES-256); null leaves it open */
export function generateSigningKey(passphrase: string | null): { readonly privatePem: string; readonly publicKey: PublicSigningKey } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: CURVE });
  const protection = passphrase === null ? {} : { cipher: 'aes-256-cbc', passphrase };
  return { privatePem: privateKey.export({ type: 'pkcs8', format: 'pem', ...protection }).toString(), publicKey: describe(publicKey) };
}

/** @throws KeyError */
export function readPrivateKey(pem: string, passphrase: string | null): KeyObject {
  return requireCurve(read('private', () => createPrivateKey({ key: pem, format: 'pem', ...(passphrase === null ? {} : { passphrase }) })));
}

/** Reads a public key in PEM; a private one is refused, so that none is sent anywhere by mistake. @throws KeyError */
export function readPublicKey(pem: string): PublicSigningKey {
  if (pem.includes('PRIVATE KEY')) throw new KeyError('this is a private key: give its public part, and keep the private one to yourself');
  return describe(requireCurve(read('public', () => createPublicKey({ key: pem, format: 'pem' }))));
}

export function publicKeyOf(privateKey: KeyObject): PublicSigningKey {
  return describe(createPublicKey(privateKey));
}

function describe(key: KeyObject): PublicSigningKey {
  const pem = key.export({ type: 'spki', format: 'pem' }).toString();
  return { keyId: createHash('sha256').update(pem).digest('hex'), pem };
}

function read(kind: 'public' | 'private', make: () => KeyObject): KeyObject {
  try {
    return make();
  } catch (error) {
    const passphrase = kind === 'private' ? ', and its passphrase where it has one' : '';
    throw new KeyError(`this is no ${kind} key that can be read: give an ECDSA P-256 key in PEM${passphrase}`, { cause: error });
  }
}

function requireCurve(key: KeyObject): KeyObject {
  if (key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === CURVE) return key;
  throw new KeyError('only ECDSA P-256 keys can be used: make one with `signalbox trust new-key`');
}
