import { type DataSource } from 'typeorm';

interface TenantRecord {
  readonly tenant: string;
  /** Accounts that are bound to it. */
  readonly accounts: number;
  /** Keys that are bound to it and not revoked. */
  readonly keys: number;
}

/** Tenants are no table of their own: they are what accounts, keys and recorded requests name. */
export class Tenants {
  constructor(private readonly dataSource: DataSource) {}

  /** By name; `afterName` is the last name of the page before. The empty name stands for requests that named none. */
  async list(limit: number, afterName: string | null = null): Promise<readonly TenantRecord[]> {
    return this.dataSource.query(
      `SELECT tenant, sum(accounts)::int AS accounts, sum(keys)::int AS keys
         FROM (SELECT tenant, 1 AS accounts, 0 AS keys FROM signalbox.account WHERE tenant IS NOT NULL
               UNION ALL SELECT tenant, 0, (revoked_at IS NULL)::int FROM signalbox.api_key WHERE tenant IS NOT NULL
               UNION ALL SELECT DISTINCT tenant, 0, 0 FROM signalbox.segment WHERE NOT reserved) AS named
        WHERE $2::text IS NULL OR tenant COLLATE "C" > $2
        GROUP BY tenant ORDER BY tenant COLLATE "C" LIMIT $1`,
      [limit, afterName],
    );
  }
}
