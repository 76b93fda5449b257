import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Which requests may use which experts. */
export class DataRules1795219200016 implements MigrationInterface {
  readonly name = 'DataRules1795219200016';

  async up(_runner: QueryRunner): Promise<void> {}

  async down(_runner: QueryRunner): Promise<void> {}
}
