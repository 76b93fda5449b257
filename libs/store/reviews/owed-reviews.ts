import { type DataSource } from 'typeorm';
import { type OwedReview } from '#libs/detection/reviews/owed-review';
import { type BreakGlass } from '#libs/governance/change/change-request';
import { type Taking } from '#libs/governance/protection/takings';

interface ChangeRow {
  readonly id: string;
  readonly number: number;
  readonly model: string | null;
  readonly title: string;
  readonly author_name: string;
  readonly break_glass: BreakGlass;
}

interface OverrideRow {
  readonly id: string;
  readonly model: string;
  readonly act: string;
  readonly takings: readonly Taking[];
  readonly reason: string;
  readonly overridden_by_name: string;
  readonly overridden_at: Date;
  readonly review_due_at: Date;
}

/** Experts that a sentence names. */
const MAX_NAMED = 5;

/** Reviews that nobody has given: of broken glass, of whether it stays, and of emergencies in which protected experts were taken away. */
export class OwedReviews {
  constructor(private readonly dataSource: DataSource) {}

  /** Of each kind at most `limit`, those that are due first. */
  async list(limit: number): Promise<readonly OwedReview[]> {
    const changes: ChangeRow[] = await this.dataSource.query(
      `SELECT id, number, model, title, author_name, break_glass FROM signalbox.change_request
       WHERE break_glass IS NOT NULL AND break_glass->'review'->>'verdict' IS NULL ORDER BY (break_glass->>'reviewDueMs')::float8, id LIMIT $1`,
      [limit],
    );
    // Reviewed or not: only a confirmation says that it stays.
    const limits: ChangeRow[] = await this.dataSource.query(
      `SELECT id, number, model, title, author_name, break_glass FROM signalbox.change_request
       WHERE break_glass IS NOT NULL AND break_glass->'review'->>'verdict' IS DISTINCT FROM 'confirmed' ORDER BY (break_glass->>'untilMs')::float8, id LIMIT $1`,
      [limit],
    );
    // One that belongs to a change has no due time of its own: the change owes the review.
    const overrides: OverrideRow[] = await this.dataSource.query(
      `SELECT id, model, act, takings, reason, overridden_by_name, overridden_at, review_due_at FROM signalbox.protection_override
       WHERE review_due_at IS NOT NULL AND reviewed_at IS NULL ORDER BY review_due_at, id LIMIT $1`,
      [limit],
    );
    return [...changes.map((row) => ofChange(row, 'change')), ...limits.map((row) => ofChange(row, 'limit')), ...overrides.map(ofOverride)];
  }
}

function ofChange({ id, number, model, title, author_name: author, break_glass: { by, reason, atMs, reviewDueMs, untilMs } }: ChangeRow, kind: 'change' | 'limit'): OwedReview {
  return { kind, id, model, what: `Change ${number} (${title}) was applied without approvals`, reason, byName: by.name, handNames: [...new Set([author, by.name])], atMs, dueMs: kind === 'limit' ? untilMs : reviewDueMs };
}

function ofOverride({ id, model, act, takings, reason, overridden_by_name: byName, overridden_at: at, review_due_at: due }: OverrideRow): OwedReview {
  const named = takings.slice(0, MAX_NAMED).map(({ layer, expert }) => `expert/${layer}/${expert}`);
  const more = takings.length > MAX_NAMED ? ` and ${takings.length - MAX_NAMED} more` : '';
  return { kind: 'override', id, model, what: `Protected experts were taken away without evidence (${act}: ${named.join(', ')}${more})`, reason, byName, handNames: [byName], atMs: at.getTime(), dueMs: due.getTime() };
}
