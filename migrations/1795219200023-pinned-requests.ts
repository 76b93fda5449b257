import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Which recorded requests named the release that ran them: those are no traffic that rollouts and detectors may judge it by. */
export class PinnedRequests1795219200023 implements MigrationInterface {
  readonly name = 'PinnedRequests1795219200023';

  async up(runner: QueryRunner): Promise<void> {
    // Null for all others, where it takes no room.
    await runner.query('ALTER TABLE signalbox.trace ADD COLUMN pinned boolean');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE signalbox.trace DROP COLUMN pinned');
  }
}
