/** The account that a first start makes, and that SIGNALBOX_ADMIN_KEY belongs to. */
export const FIRST_ADMIN_ID = 'user:00000000-0000-7000-8000-000000000001';

/** Who may act. Times are epoch milliseconds. */
export interface AccountRecord {
  /** `user:<uuid>` or `service:<uuid>`, as the audit log names it. */
  readonly id: string;
  readonly kind: 'user' | 'service';
  readonly name: string;
  readonly email: string | null;
  readonly roles: readonly string[];
  /** The only tenant whose data it sees; null: all. */
  readonly tenant: string | null;
  readonly disabledAtMs: number | null;
  readonly createdAtMs: number;
  /** Account that made it, or `system`. */
  readonly createdBy: string;
  /** Rises with each change. */
  readonly version: number;
}

export type NewAccount = Omit<AccountRecord, 'version' | 'disabledAtMs'>;
export type AccountChange = Partial<Pick<AccountRecord, 'name' | 'email' | 'roles' | 'tenant' | 'disabledAtMs'>>;

/** Columns of AccountRow. */
export const ACCOUNT_COLUMNS = 'id, kind, name, email, roles, tenant, disabled_at, created_at, created_by, version';

/** A row of `signalbox.account`, as pg gives it. */
export interface AccountRow {
  readonly id: string;
  readonly kind: 'user' | 'service';
  readonly name: string;
  readonly email: string | null;
  readonly roles: string[];
  readonly tenant: string | null;
  readonly disabled_at: Date | null;
  readonly created_at: Date;
  readonly created_by: string;
  readonly version: number;
}

export function toAccount(row: AccountRow): AccountRecord {
  const { disabled_at: disabledAt, created_at: createdAt, created_by: createdBy, ...same } = row;
  return { ...same, disabledAtMs: disabledAt?.getTime() ?? null, createdAtMs: createdAt.getTime(), createdBy };
}
