import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Change requests with their evidence, approvals, discussion and history. */
export class Changes1795219200015 implements MigrationInterface {
  readonly name = 'Changes1795219200015';

  async up(_runner: QueryRunner): Promise<void> {}

  async down(_runner: QueryRunner): Promise<void> {}
}
