import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Rollout plans, their steps and verdicts, and what shadows and feedback told. */
export class Rollouts1795219200014 implements MigrationInterface {
  readonly name = 'Rollouts1795219200014';

  async up(_runner: QueryRunner): Promise<void> {}

  async down(_runner: QueryRunner): Promise<void> {}
}
