import { createHash } from 'node:crypto';
import { canonicalJson } from '#libs/release/manifest-digest';
import { type AuditRecord } from './audit-record.ts';

/** An entry outside the chain: a version before the chain wrote it. */
export type UnchainedRecord = Omit<AuditRecord, 'seq'> & { readonly id: number };

/**
 * What an entry `audit.adopt` says: from then on, exactly these unchained entries are held by the chain.
 * It proves that they did not change since, not who wrote them.
 */
export interface Adoption {
  /** All unchained entries with an id from here to `toId`, both included. */
  readonly fromId: number;
  readonly toId: number;
  readonly entries: number;
  /** 64 hexadecimal digits: `adoptionDigest` over them in order of id. */
  readonly digest: string;
}

export const ADOPT_ACTION = 'audit.adopt';
/** Digest of no entries; 32 bytes. */
export const ADOPTION_START: Uint8Array = new Uint8Array(32);
const ADOPTION_DOMAIN = 'signalbox.audit.adopted/1\n';

/** The digest of the entries so far and one more: SHA-256 over a domain name, the digest before (hexadecimal) and all fields. */
export function adoptionDigest(previous: Uint8Array, record: UnchainedRecord): Buffer {
  const { id, at, actor, action, subject, requestId, reason, detail, before, after } = record;
  const text = canonicalJson({ previous: Buffer.from(previous).toString('hex'), id, at, actor, action, subject, requestId, reason, detail, before, after });
  return createHash('sha256').update(ADOPTION_DOMAIN, 'utf8').update(text, 'utf8').digest();
}

/** The adoption that an entry's detail states; null where it states none. */
export function readAdoption(detail: unknown): Adoption | null {
  if (typeof detail !== 'object' || detail === null) return null;
  const { fromId, toId, entries, digest } = detail as Partial<Record<keyof Adoption, unknown>>;
  const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  if (!isCount(fromId) || !isCount(toId) || !isCount(entries) || typeof digest !== 'string' || !/^[0-9a-f]{64}$/.test(digest)) return null;
  return { fromId, toId, entries, digest };
}
