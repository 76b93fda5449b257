import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Answers that had to keep to a schema, and those that did not. */
export class AnswerChecks1795219200025 implements MigrationInterface {
  readonly name = 'AnswerChecks1795219200025';

  async up(_runner: QueryRunner): Promise<void> {}

  async down(_runner: QueryRunner): Promise<void> {}
}
