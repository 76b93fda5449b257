import { type DataSource } from 'typeorm';

/** Answers are kept so long. */
const KEEP_MS = 24 * 3_600_000;
/** Keys of one account that are kept at a time. */
export const MAX_IDEMPOTENCY_KEYS = 10_000;

/** A key of a caller. */
export interface IdempotencyKey {
  readonly accountId: string;
  readonly key: string;
}

export interface IdempotentRequest extends IdempotencyKey {
  readonly operation: string;
  /** Of all that makes it this request. */
  readonly digest: Uint8Array;
  readonly atMs: number;
}

export interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON; null: not kept. */
  readonly body: string | null;
}

export interface EarlierRequest {
  readonly digest: Uint8Array;
  readonly startedAtMs: number;
  /** null while it runs. */
  readonly answer: KeptAnswer | null;
}

export type Begun = { readonly outcome: 'begun' } | { readonly outcome: 'full' } | { readonly outcome: 'used'; readonly earlier: EarlierRequest };

interface Row {
  readonly request_digest: Buffer;
  readonly status: number | null;
  readonly headers: Record<string, string> | null;
  readonly body: string | null;
  readonly created_at: Date;
}

/** What requests with an Idempotency-Key were answered, for a day. */
export class IdempotencyKeys {
  constructor(private readonly dataSource: DataSource) {}

  /** Claims a key for a request, or tells what it was used for. */
  async begin({ accountId, key, operation, digest, atMs }: IdempotentRequest): Promise<Begun> {
    await this.dataSource.query('DELETE FROM signalbox.idempotency_key WHERE created_at < $1', [new Date(atMs - KEEP_MS)]);
    const claimed: unknown[] = await this.dataSource.query(
      `INSERT INTO signalbox.idempotency_key (account_id, key, operation, request_digest, created_at)
       SELECT $1, $2, $3, $4, $5 WHERE (SELECT count(*) FROM (SELECT FROM signalbox.idempotency_key WHERE account_id = $1 LIMIT ${MAX_IDEMPOTENCY_KEYS}) AS own) < ${MAX_IDEMPOTENCY_KEYS}
       ON CONFLICT DO NOTHING RETURNING key`,
      [accountId, key, operation, Buffer.from(digest), new Date(atMs)],
    );
    if (claimed.length === 1) return { outcome: 'begun' };
    const [row]: Row[] = await this.dataSource.query('SELECT request_digest, status, headers, body, created_at FROM signalbox.idempotency_key WHERE account_id = $1 AND key = $2', [accountId, key]);
    if (!row) return { outcome: 'full' };
    const answer = row.status === null ? null : { status: row.status, headers: row.headers ?? {}, body: row.body };
    return { outcome: 'used', earlier: { digest: row.request_digest, startedAtMs: row.created_at.getTime(), answer } };
  }

  async finish({ accountId, key }: IdempotencyKey, { status, headers, body }: KeptAnswer): Promise<void> {
    await this.dataSource.query('UPDATE signalbox.idempotency_key SET status = $3, headers = $4, body = $5 WHERE account_id = $1 AND key = $2', [accountId, key, status, JSON.stringify(headers), body]);
  }

  /** Sets a key free again, because its request had no lasting answer. */
  async forget({ accountId, key }: IdempotencyKey): Promise<void> {
    await this.dataSource.query('DELETE FROM signalbox.idempotency_key WHERE account_id = $1 AND key = $2 AND status IS NULL', [accountId, key]);
  }
}
