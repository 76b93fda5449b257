import { type DataSource, type EntityManager } from 'typeorm';
import { type ActivationState } from '#libs/governance/activation/activation-state';

/** One write of an activation. They are only added. */
export interface ActivationEvent {
  readonly id: string;
  readonly model: string;
  readonly generation: number;
  readonly atMs: number;
  readonly command: string;
  readonly actor: string;
  readonly actorName: string;
  readonly cause: string;
  readonly reason: string | null;
  /** null for the first activation, and where what was before is not known. */
  readonly before: ActivationState | null;
  /** null where the model was stopped. */
  readonly after: ActivationState | null;
}

export interface HistoryQuery {
  readonly model: string;
  readonly limit: number;
  /** Only what was before this generation, which pages. */
  readonly beforeGeneration: number | null;
  /** Only what was done until then, epoch milliseconds: the first event tells what was activated at that time. */
  readonly untilMs: number | null;
}

const EVENT = 'id, model, generation, at, command, actor, actor_name AS "actorName", cause, reason, before, after';
type EventRow = Omit<ActivationEvent, 'atMs'> & { readonly at: Date };

/** What was activated when, and by whom. */
export class ActivationHistory {
  constructor(private readonly dataSource: DataSource) {}

  /** Newest first. */
  async list({ model, limit, beforeGeneration, untilMs }: HistoryQuery): Promise<readonly ActivationEvent[]> {
    const rows: EventRow[] = await this.dataSource.query(
      `SELECT ${EVENT} FROM signalbox.activation_event
       WHERE model = $1 AND ($2::int IS NULL OR generation < $2) AND ($3::timestamptz IS NULL OR at <= $3)
       ORDER BY generation DESC LIMIT $4`,
      [model, beforeGeneration, untilMs === null ? null : new Date(untilMs), limit],
    );
    return rows.map(toEvent);
  }
}

export async function lastEvent(manager: EntityManager, model: string): Promise<ActivationEvent | null> {
  const rows: EventRow[] = await manager.query(`SELECT ${EVENT} FROM signalbox.activation_event WHERE model = $1 ORDER BY generation DESC LIMIT 1`, [model]);
  return rows[0] ? toEvent(rows[0]) : null;
}

function toEvent({ at, ...event }: EventRow): ActivationEvent {
  return { ...event, atMs: at.getTime() };
}
