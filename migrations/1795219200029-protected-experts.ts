import { type MigrationInterface, type QueryRunner } from 'typeorm';

export class ProtectedExperts1795219200029 implements MigrationInterface {
  readonly name = 'ProtectedExperts1795219200029';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('SELECT 1');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('SELECT 1');
  }
}
