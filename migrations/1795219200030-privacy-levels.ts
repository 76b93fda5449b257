import { type MigrationInterface, type QueryRunner } from 'typeorm';

export class PrivacyLevels1795219200030 implements MigrationInterface {
  readonly name = 'PrivacyLevels1795219200030';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('SELECT 1');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('SELECT 1');
  }
}
