import { type MigrationInterface, type QueryRunner } from 'typeorm';

/**
 * Pairs by the hour as packed bytes of all layers (libs/store/usage/packed-usage.ts): as arrays, adding
 * those of 64 experts cost more than writing the traces. Pairs counted before are dropped.
 */
export class PackedPairs1795219200009 implements MigrationInterface {
  readonly name = 'PackedPairs1795219200009';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE signalbox.usage_pair_hour;
      CREATE TABLE signalbox.usage_pair_hour (
        bucket timestamptz NOT NULL,
        release integer NOT NULL,
        segment integer NOT NULL,
        pairs bytea NOT NULL,
        PRIMARY KEY (release, segment, bucket)
      );
      ALTER TABLE signalbox.usage_pair_hour ALTER COLUMN pairs SET STORAGE EXTERNAL;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE signalbox.usage_pair_hour;
      CREATE TABLE signalbox.usage_pair_hour (
        bucket timestamptz NOT NULL,
        release integer NOT NULL,
        segment integer NOT NULL,
        layer smallint NOT NULL,
        co_selection bigint[] NOT NULL,
        PRIMARY KEY (release, segment, bucket, layer)
      ) WITH (fillfactor = 60);
    `);
  }
}
