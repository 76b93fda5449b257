import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Checkpoint imports and how far they are. */
export class Imports1795219200003 implements MigrationInterface {
  readonly name = 'Imports1795219200003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE signalbox.import_job (
        id uuid PRIMARY KEY,
        directory text NOT NULL,
        model text NOT NULL,
        status text NOT NULL CHECK (status IN ('queued', 'running', 'succeeded', 'failed')),
        progress jsonb,
        error jsonb,
        release_id text REFERENCES signalbox.release (id),
        created_at timestamptz NOT NULL,
        finished_at timestamptz
      );
      CREATE INDEX import_job_by_age ON signalbox.import_job (created_at DESC, id DESC);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE signalbox.import_job');
  }
}
