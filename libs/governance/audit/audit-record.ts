import { createHash } from 'node:crypto';
import { canonicalJson } from '#libs/release/manifest-digest';

/** One act as the chain holds it: every field here is hashed. */
export interface AuditRecord {
  /** Position in the chain, from 1, without gaps. */
  readonly seq: number;
  /** UTC with microseconds, `2026-03-10T12:00:00.000000Z`: as exact as the database keeps it. */
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly requestId: string | null;
  readonly reason: string | null;
  /** JSON values as they are read back from the database. */
  readonly detail: unknown;
  readonly before: unknown;
  readonly after: unknown;
}

/** What a caller says of an act; see `toAuditRecord`. */
export interface AuditDraft {
  readonly atMs: number;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly requestId: string | null;
  readonly reason?: string;
  readonly detail: unknown;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** Previous hash of the first entry. */
export const CHAIN_START: Uint8Array = new Uint8Array(32);

/** Longer JSON is named by its digest instead: one entry must not fill the log, and a change must not fail for its size. */
const MAX_VALUE_BYTES = 256 * 1024;
const MAX_TEXT_LENGTH = 8192;
const ENTRY_DOMAIN = 'signalbox.audit.entry/1\n';

/**
 * The record of an act in a form that PostgreSQL gives back unchanged: NUL and lone surrogates, which
 * it cannot store, become U+FFFD; what JSON cannot hold is dropped as JSON.stringify does; a value
 * above 256 KiB becomes `{ omitted: 'too-large', sizeBytes, sha256 }` of its canonical JSON.
 * @throws RangeError for a time that is none
 */
export function toAuditRecord(draft: AuditDraft, seq: number): AuditRecord {
  return {
    seq,
    at: new Date(draft.atMs).toISOString().replace('Z', '000Z'),
    actor: storableText(draft.actor),
    action: storableText(draft.action),
    subject: storableText(draft.subject),
    requestId: draft.requestId === null ? null : storableText(draft.requestId),
    reason: draft.reason === undefined ? null : storableText(draft.reason),
    detail: storableJson(draft.detail) ?? {},
    before: storableJson(draft.before),
    after: storableJson(draft.after),
  };
}

/**
 * SHA-256 over a domain name, then the canonical JSON (RFC 8785) of the hash before and all fields.
 * @param previousHash 32 bytes; CHAIN_START for the first entry
 * @returns 32 bytes
 * @throws TypeError for a value that canonical JSON cannot hold, such as a number beyond a double
 */
export function entryHash(record: AuditRecord, previousHash: Uint8Array): Buffer {
  const { seq, at, actor, action, subject, requestId, reason, detail, before, after } = record;
  const previous = Buffer.from(previousHash).toString('hex');
  const text = canonicalJson({ previous, seq, at, actor, action, subject, requestId, reason, detail, before, after });
  return createHash('sha256').update(ENTRY_DOMAIN, 'utf8').update(text, 'utf8').digest();
}

function storableJson(value: unknown): unknown {
  // undefined for what JSON has no form for, whatever the declared type says.
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) return null;
  const plain = withStorableTexts(JSON.parse(text));
  const sizeBytes = Buffer.byteLength(text, 'utf8');
  if (sizeBytes <= MAX_VALUE_BYTES) return plain;
  return { omitted: 'too-large', sizeBytes, sha256: createHash('sha256').update(canonicalJson(plain), 'utf8').digest('hex') };
}

function withStorableTexts(value: unknown): unknown {
  if (typeof value === 'string') return wellFormed(value);
  if (Array.isArray(value)) return value.map(withStorableTexts);
  if (typeof value !== 'object' || value === null) return value;
  // fromEntries defines keys, so that one called __proto__ stays a key.
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [wellFormed(key), withStorableTexts(field)]));
}

function storableText(text: string): string {
  return wellFormed(text.length <= MAX_TEXT_LENGTH ? text : `${text.slice(0, MAX_TEXT_LENGTH - 1)}…`);
}

function wellFormed(text: string): string {
  return text.replaceAll('\u0000', '\uFFFD').toWellFormed();
}
