import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Feedback by users and programs, and what it says of experts. */
export class FeedbackRoutes1795219200019 implements MigrationInterface {
  readonly name = 'FeedbackRoutes1795219200019';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('SELECT 1');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('SELECT 1');
  }
}
