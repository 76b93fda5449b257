import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** How the experts ran: one row for each layer of a process's flush, merged when read. */
export class ExpertFigures1795219200006 implements MigrationInterface {
  readonly name = 'ExpertFigures1795219200006';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE signalbox.expert_figures_minute (
        bucket timestamptz NOT NULL,
        release integer NOT NULL,
        layer smallint NOT NULL,
        flush_id uuid NOT NULL,
        experts smallint[] NOT NULL,
        tokens bigint[] NOT NULL,
        runs bigint[] NOT NULL,
        latency_sketches bytea[] NOT NULL,
        PRIMARY KEY (release, bucket, layer, flush_id)
      );
      CREATE INDEX expert_figures_minute_by_age ON signalbox.expert_figures_minute USING brin (bucket);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE signalbox.expert_figures_minute');
  }
}
