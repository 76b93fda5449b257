import { type MigrationInterface, type QueryRunner } from 'typeorm';

const SIGNAL = 'review-overdue';

/** That a review is overdue is a fact, not an estimate: it fires at once, and ends when the review is given. */
const RULE = {
  name: 'Review overdue', matchers: [], limits: [{ severity: 'warning', is: 'above', limit: 0, by: 'value' }], timing: { forMs: 0, keepFiringForMs: 0, noDataAfterMs: 86_400_000 },
  labels: {}, annotations: { summary: 'An act that could not wait has not been reviewed in time.' }, actions: [],
};

/** A rule over reviews that nobody gave in time; the watch looks for them again and again, so they have an index. */
export class ReviewsOwed1795219200032 implements MigrationInterface {
  readonly name = 'ReviewsOwed1795219200032';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX change_request_review_owed ON signalbox.change_request (((break_glass->>'reviewDueMs')::float8), id)
        WHERE break_glass IS NOT NULL AND break_glass->'review'->>'verdict' IS NULL;
      CREATE INDEX protection_override_review_owed ON signalbox.protection_override (review_due_at, id) WHERE review_due_at IS NOT NULL AND reviewed_at IS NULL;
    `);
    await runner.query(
      `INSERT INTO signalbox.alert_rule (id, signal, document, is_enabled, generation, updated_by, updated_at) VALUES ($1, $1, $2, true, 1, 'system', now()) ON CONFLICT DO NOTHING`,
      [SIGNAL, JSON.stringify(RULE)],
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    // Of a signal that the version before does not know; rules that people made of it go too.
    await runner.query('DELETE FROM signalbox.alert_rule WHERE signal = $1', [SIGNAL]);
    await runner.query(`
      DROP INDEX signalbox.protection_override_review_owed;
      DROP INDEX signalbox.change_request_review_owed;
    `);
  }
}
