import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** What an import left out of the release, told to whoever reads the import later. */
export class ImportWarnings1795219200008 implements MigrationInterface {
  readonly name = 'ImportWarnings1795219200008';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE signalbox.import_job ADD COLUMN warnings jsonb NOT NULL DEFAULT '[]'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE signalbox.import_job DROP COLUMN warnings');
  }
}
