import { type MigrationInterface, type QueryRunner } from 'typeorm';

/**
 * Usage as the writers append it, before it is folded into the roll-ups: a row for each transaction,
 * release, segment and minute, so that no two writers meet at a row. `usage` and `pairs` are packed
 * (libs/store/usage/packed-usage.ts).
 */
export class UsageRecent1795219200007 implements MigrationInterface {
  readonly name = 'UsageRecent1795219200007';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE signalbox.usage_recent (
        bucket timestamptz NOT NULL,
        release integer NOT NULL,
        segment integer NOT NULL,
        usage bytea NOT NULL,
        pairs bytea
      -- Every row is deleted within seconds: what is left of them must not pile up.
      ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 5000);
      -- Packed numbers hardly shrink further.
      ALTER TABLE signalbox.usage_recent ALTER COLUMN usage SET STORAGE EXTERNAL, ALTER COLUMN pairs SET STORAGE EXTERNAL;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE signalbox.usage_recent');
  }
}
