import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';

/** A signed statement that the log's first `treeSize` entries have this Merkle root. */
export interface Checkpoint {
  readonly treeSize: number;
  /** 64 hexadecimal digits. */
  readonly root: string;
  /** UTC with milliseconds, as Date.toISOString gives it. */
  readonly at: string;
  /** `keyIdOf` the public key, 64 hexadecimal digits. */
  readonly keyId: string;
  /** Ed25519 over `checkpointText`, 64 bytes in base64. */
  readonly signature: string;
}

export type UnsignedCheckpoint = Pick<Checkpoint, 'treeSize' | 'root' | 'at'>;

/** Names the log and its key in signed notes. */
export const LOG_ORIGIN = 'signalbox/audit';

// RFC 8410: the DER of an Ed25519 key is a fixed head and its 32 bytes.
const PRIVATE_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');
const PUBLIC_HEAD = Buffer.from('302a300506032b6570032100', 'hex');

/** @param seed 32 bytes, secret */
export function signingKey(seed: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PRIVATE_HEAD, seed]), format: 'der', type: 'pkcs8' });
}

/** The public half, 32 bytes. */
export function publicKeyOf(key: KeyObject): Buffer {
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(PUBLIC_HEAD.length);
}

/** Fingerprint of a public key: its SHA-256, 64 hexadecimal digits. */
export function keyIdOf(publicKey: Uint8Array): string {
  return createHash('sha256').update(publicKey).digest('hex');
}

/** What is signed: the body of a C2SP tlog-checkpoint, with the time as its extension line. */
function checkpointText({ treeSize, root, at }: UnsignedCheckpoint): string {
  return `${LOG_ORIGIN}\n${treeSize}\n${Buffer.from(root, 'hex').toString('base64')}\ntime ${at}\n`;
}

export function signCheckpoint(head: UnsignedCheckpoint, key: KeyObject): Checkpoint {
  return { ...head, keyId: keyIdOf(publicKeyOf(key)), signature: sign(null, Buffer.from(checkpointText(head)), key).toString('base64') };
}

/** Whether the holder of the key (32 bytes public) signed this very checkpoint. */
export function verifyCheckpoint(checkpoint: Checkpoint, publicKey: Uint8Array): boolean {
  if (checkpoint.keyId !== keyIdOf(publicKey)) return false;
  return verifyText(checkpointText(checkpoint), Buffer.from(checkpoint.signature, 'base64'), publicKey);
}

/** The checkpoint as a C2SP signed note, for other tools; `publicKey` is 32 bytes. */
export function signedNote(checkpoint: Checkpoint, publicKey: Uint8Array): string {
  const signature = Buffer.concat([noteKeyHash(LOG_ORIGIN, publicKey), Buffer.from(checkpoint.signature, 'base64')]);
  return `${checkpointText(checkpoint)}\n— ${LOG_ORIGIN} ${signature.toString('base64')}\n`;
}

/** The public key as verifiers of signed notes take it: name, hash and type with key (C2SP signed-note). */
export function noteVerifierKey(publicKey: Uint8Array, name = LOG_ORIGIN): string {
  return `${name}+${noteKeyHash(name, publicKey).toString('hex')}+${Buffer.concat([Uint8Array.of(1), publicKey]).toString('base64')}`;
}

/** Whether `signature` (64 bytes) is the Ed25519 signature of a text. */
export function verifyText(text: string, signature: Uint8Array, publicKey: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  const key = createPublicKey({ key: Buffer.concat([PUBLIC_HEAD, publicKey]), format: 'der', type: 'spki' });
  return verify(null, Buffer.from(text, 'utf8'), key, signature);
}

/** Reads a checkpoint out of JSON; null for anything that is none. */
export function readCheckpoint(value: unknown): Checkpoint | null {
  if (typeof value !== 'object' || value === null) return null;
  const { treeSize, root, at, keyId, signature } = value as Partial<Record<keyof Checkpoint, unknown>>;
  if (!Number.isSafeInteger(treeSize) || (treeSize as number) < 1) return null;
  if (!isDigest(root) || !isDigest(keyId) || typeof at !== 'string' || !/^[\dTZ:.+-]{1,40}$/.test(at)) return null;
  if (typeof signature !== 'string' || signature.length > 128) return null;
  return { treeSize: treeSize as number, root, at, keyId, signature };
}

function isDigest(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

function noteKeyHash(name: string, publicKey: Uint8Array): Buffer {
  return createHash('sha256').update(`${name}\n`).update(Uint8Array.of(1)).update(publicKey).digest().subarray(0, 4);
}
