import { type DataSource } from 'typeorm';
import { type ChangeRequest } from '#libs/governance/change/change-request';
import { CHANGE_COLUMNS, type ChangeComment, type ChangeRow, type StoredChange, type StoredEvent, toChange } from './change-rows.ts';
import { ChangeUnit, withParts } from './change-unit.ts';

/** A request in a list: without its evidence and votes. */
export interface ListedChange {
  readonly change: ChangeRequest;
  readonly number: number;
  readonly revision: number;
}

export interface ChangeQuery {
  readonly limit: number;
  readonly model?: string | undefined;
  readonly state?: string | undefined;
  /** Any of these. */
  readonly states?: readonly string[] | undefined;
  readonly type?: string | undefined;
  /** Account that wrote it. */
  readonly author?: string | undefined;
  /** Only those whose broken glass is not reviewed and confirmed. */
  readonly owed?: boolean;
  readonly beforeNumber: number | null;
}

/** An audit entry as the dossier of a change shows it. */
export interface AuditedEntry {
  readonly seq: number;
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly reason: string | null;
  readonly hash: string;
}

/** Change requests. */
export class Changes {
  constructor(private readonly dataSource: DataSource) {}

  transaction<T>(work: (unit: ChangeUnit) => Promise<T>): Promise<T> {
    return this.dataSource.transaction((manager) => work(new ChangeUnit(manager)));
  }

  async find(id: string): Promise<StoredChange | null> {
    const rows: ChangeRow[] = await this.dataSource.query(`SELECT ${CHANGE_COLUMNS} FROM signalbox.change_request WHERE id = $1`, [id]);
    return rows[0] ? withParts(this.dataSource.manager, rows[0]) : null;
  }

  /** Newest first. */
  async list({ limit, model, state, states, type, author, owed = false, beforeNumber }: ChangeQuery): Promise<readonly ListedChange[]> {
    const rows: ChangeRow[] = await this.dataSource.query(
      `SELECT ${CHANGE_COLUMNS} FROM signalbox.change_request
       WHERE ($2::text IS NULL OR model = $2) AND ($3::text IS NULL OR state = $3) AND ($4::text IS NULL OR type = $4) AND ($5::text IS NULL OR author = $5)
         AND (NOT $6::boolean OR (break_glass IS NOT NULL AND break_glass->'review'->>'verdict' IS DISTINCT FROM 'confirmed'))
         AND ($7::int IS NULL OR number < $7) AND ($8::text[] IS NULL OR state = ANY($8))
       ORDER BY number DESC LIMIT $1`,
      [limit, model ?? null, state ?? null, type ?? null, author ?? null, owed, beforeNumber, states ?? null],
    );
    return rows.map((row) => ({ change: toChange(row), number: row.number, revision: row.revision }));
  }

  /** Requests that time concerns: due schedules, requests past their end, and canaries or rollouts under way. */
  async attention(nowMs: number, limit: number): Promise<readonly string[]> {
    const rows: { id: string }[] = await this.dataSource.query(
      `SELECT id FROM signalbox.change_request
       WHERE state = 'applying' OR (state = 'scheduled' AND (schedule->>'atMs')::float8 <= $1)
         OR (state IN ('draft', 'open', 'approved', 'scheduled') AND expires_at <= $2)
       ORDER BY number LIMIT $3`,
      [nowMs, new Date(nowMs), limit],
    );
    return rows.map(({ id }) => id);
  }

  /** Requests whose scheduled window meets a range, in whatever state, earliest first. */
  async scheduledBetween({ fromMs, toMs, model, limit }: { readonly fromMs: number; readonly toMs: number; readonly model: string | null; readonly limit: number }): Promise<readonly ListedChange[]> {
    const rows: ChangeRow[] = await this.dataSource.query(
      `SELECT ${CHANGE_COLUMNS} FROM signalbox.change_request
       WHERE schedule IS NOT NULL AND (schedule->>'atMs')::float8 < $2 AND (schedule->>'untilMs')::float8 > $1 AND ($3::text IS NULL OR model = $3)
       ORDER BY (schedule->>'atMs')::float8, number LIMIT $4`,
      [fromMs, toMs, model, limit],
    );
    return rows.map((row) => ({ change: toChange(row), number: row.number, revision: row.revision }));
  }

  /** Names of accounts, by id; those that are gone are left out. */
  async names(accounts: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const rows: { id: string; name: string }[] = await this.dataSource.query('SELECT id, name FROM signalbox.account WHERE id = ANY($1::text[])', [accounts]);
    return new Map(rows.map(({ id, name }) => [id, name]));
  }

  async comments(id: string): Promise<readonly ChangeComment[]> {
    const rows: (Omit<ChangeComment, 'atMs'> & { at: Date })[] = await this.dataSource.query(
      'SELECT id, account, account_name AS "accountName", text, at FROM signalbox.change_comment WHERE change_id = $1 ORDER BY at, id',
      [id],
    );
    return rows.map(({ at, ...row }) => ({ ...row, atMs: at.getTime() }));
  }

  async events(id: string): Promise<readonly StoredEvent[]> {
    const rows: (Omit<StoredEvent, 'atMs'> & { at: Date })[] = await this.dataSource.query(
      'SELECT id, at, actor, event, from_state AS "fromState", to_state AS "toState", detail FROM signalbox.change_event WHERE change_id = $1 ORDER BY change_event.id',
      [id],
    );
    return rows.map(({ at, ...row }) => ({ ...row, atMs: at.getTime() }));
  }

  /** The content of evidence that is kept here; null where there is none such. */
  async evidenceContent(changeId: string, evidenceId: string): Promise<{ readonly sha256: string; readonly content: string; readonly mediaType: string } | null> {
    const rows: { sha256: string; content: string | null; media_type: string | null }[] = await this.dataSource.query(
      'SELECT sha256, content, media_type FROM signalbox.change_evidence WHERE change_id = $1 AND id = $2',
      [changeId, evidenceId],
    );
    const [row] = rows;
    return row?.content === null || row === undefined ? null : { sha256: row.sha256, content: row.content, mediaType: row.media_type ?? 'text/plain' };
  }

  /** Audit entries of a change and of what was done on its behalf or that of its rollout, oldest first. The change's id comes first. */
  async auditOf([id, ...rollouts]: readonly [string, ...string[]], limit: number): Promise<readonly AuditedEntry[]> {
    const rows: (Omit<AuditedEntry, 'at' | 'hash' | 'seq'> & { at: Date; hash: Buffer; seq: string })[] = await this.dataSource.query(
      `SELECT seq, at, actor, action, subject, detail, reason, hash FROM signalbox.audit_entry
       WHERE seq IS NOT NULL AND (subject = ANY($1::text[]) OR detail->>'causeId' = ANY($2::text[])) ORDER BY seq LIMIT $3`,
      [[`change/${id}`, ...rollouts.map((rollout) => `rollout/${rollout}`)], [id, ...rollouts], limit],
    );
    return rows.map(({ seq, at, hash, ...row }) => ({ ...row, seq: Number(seq), at: at.toISOString(), hash: Buffer.from(hash).toString('hex') }));
  }
}
