import { type MigrationInterface, type QueryRunner } from 'typeorm';

const ROLL_UP = `
  bucket timestamptz NOT NULL,
  release integer NOT NULL,
  segment integer NOT NULL,
  layer smallint NOT NULL,
  requests bigint NOT NULL,
  tokens bigint NOT NULL,
  dropped_selections bigint NOT NULL,
  dropped bigint NOT NULL,
  rerouted bigint NOT NULL,
  masked bigint NOT NULL,
  fallback bigint NOT NULL,
  sum_squares_cells numeric NOT NULL,
  sum_squares_requests numeric NOT NULL,
  load bigint[] NOT NULL,
  gate_mass bigint[] NOT NULL,
  cross_load bigint[] NOT NULL,
  confidence bigint[] NOT NULL,
  PRIMARY KEY (release, segment, bucket, layer)`;

/** Usage vectors by minute and hour. Rows change often: free space in the page keeps updates in place. */
export class Usage1795219200005 implements MigrationInterface {
  readonly name = 'Usage1795219200005';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE FUNCTION signalbox.vector_add(a bigint[], b bigint[]) RETURNS bigint[]
        LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
        AS 'SELECT ARRAY(SELECT x + y FROM unnest(a, b) AS pair(x, y))';
      CREATE TABLE signalbox.usage_minute (${ROLL_UP}) WITH (fillfactor = 60);
      CREATE TABLE signalbox.usage_hour (${ROLL_UP}) WITH (fillfactor = 60);
      -- For the purge, which asks by age alone.
      CREATE INDEX usage_minute_by_age ON signalbox.usage_minute USING brin (bucket);
      -- Experts selected together, upper triangle row by row: wide, and asked for less often.
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

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE signalbox.usage_pair_hour;
      DROP TABLE signalbox.usage_hour;
      DROP TABLE signalbox.usage_minute;
      DROP FUNCTION signalbox.vector_add(bigint[], bigint[]);
    `);
  }
}
