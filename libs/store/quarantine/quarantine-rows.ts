import { type QuarantinedExpert } from '#libs/governance/quarantine/quarantine';

/** How a quarantine ended. */
export interface QuarantineEnd {
  readonly as: 'lifted' | 'expired';
  readonly atMs: number;
  /** Account. */
  readonly by: string;
  readonly reason: string | null;
}

export interface StoredQuarantine extends QuarantinedExpert {
  readonly id: string;
  readonly model: string;
  readonly reason: string;
  /** A layer was left with fewer experts than each token selects. */
  readonly forced: boolean;
  readonly createdAtMs: number;
  readonly createdBy: string;
  readonly createdByName: string;
  readonly untilMs: number | null;
  /** Of the model's quarantines, as of its last write: a process that enforces this one or a later one enforces it. */
  readonly generation: number;
  /** Its own writes: the ETag. */
  readonly version: number;
  /** null while it holds. */
  readonly end: QuarantineEnd | null;
}

export type NewQuarantine = Omit<StoredQuarantine, 'generation' | 'version' | 'end'>;

export const QUARANTINE_COLUMNS = `id, model, release, layer, expert, reason, forced, created_at, created_by, created_by_name, until_at, generation, version, ended_at, ended_by, ended_as, ended_reason`;

export interface QuarantineRow {
  readonly id: string;
  readonly model: string;
  readonly release: string | null;
  readonly layer: number;
  readonly expert: number;
  readonly reason: string;
  readonly forced: boolean;
  readonly created_at: Date;
  readonly created_by: string;
  readonly created_by_name: string;
  readonly until_at: Date | null;
  readonly generation: number;
  readonly version: number;
  readonly ended_at: Date | null;
  readonly ended_by: string | null;
  readonly ended_as: 'lifted' | 'expired' | null;
  readonly ended_reason: string | null;
}

export function toQuarantine(row: QuarantineRow): StoredQuarantine {
  const { id, model, layer, expert, reason, forced, generation, version } = row;
  return {
    id, model, layer, expert, reason, forced, generation, version,
    releaseId: row.release,
    createdAtMs: row.created_at.getTime(),
    createdBy: row.created_by,
    createdByName: row.created_by_name,
    untilMs: row.until_at?.getTime() ?? null,
    end: row.ended_at === null || row.ended_as === null ? null : { as: row.ended_as, atMs: row.ended_at.getTime(), by: row.ended_by ?? 'system', reason: row.ended_reason },
  };
}
