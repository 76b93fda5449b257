import { type AuditRecord } from './audit-record.ts';

/** One entry as an export holds it; `seq` and the hashes are null for one outside the chain. */
export interface ExportedEntry extends Omit<AuditRecord, 'seq'> {
  readonly id: number;
  readonly seq: number | null;
  /** 64 hexadecimal digits each. */
  readonly previousHash: string | null;
  readonly hash: string | null;
}

/** First line of an export. */
export interface ExportHeader {
  readonly type: 'header';
  readonly format: typeof EXPORT_FORMAT;
  readonly exportedAt: string;
  /** Keys whose checkpoints the server signs now; the reader decides whether to believe them. */
  readonly keys: readonly { readonly keyId: string; readonly publicKey: string }[];
}

/** Last line of an export: an export without it was cut off. */
export interface ExportEnd {
  readonly type: 'end';
  readonly entries: number;
  readonly checkpoints: number;
}

export const EXPORT_FORMAT = 'signalbox.audit-export/1';

/** Reads an entry out of JSON; null for anything that is none. */
export function readEntry(value: unknown): ExportedEntry | null {
  if (typeof value !== 'object' || value === null) return null;
  const { id, seq, at, actor, action, subject, requestId, reason, detail, before, after, previousHash, hash } = value as Partial<Record<keyof ExportedEntry, unknown>>;
  if (!isPosition(id) || !(seq === null || isPosition(seq))) return null;
  if (typeof at !== 'string' || typeof actor !== 'string' || typeof action !== 'string' || typeof subject !== 'string') return null;
  if (!isTextOrNull(requestId) || !isTextOrNull(reason) || !isHashOrNull(previousHash) || !isHashOrNull(hash)) return null;
  if ((seq === null) !== (hash === null) || (seq === null) !== (previousHash === null)) return null;
  return { id, seq, at, actor, action, subject, requestId, reason, detail: detail ?? null, before: before ?? null, after: after ?? null, previousHash, hash };
}

const isPosition = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 1;
const isTextOrNull = (value: unknown): value is string | null => value === null || typeof value === 'string';
const isHashOrNull = (value: unknown): value is string | null => value === null || (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value));
