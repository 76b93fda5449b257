import { type DataSource, type EntityManager } from 'typeorm';
import { type Sha256 } from '#libs/release/component';
import { RecallUnit } from './recall-unit.ts';

/** A release that holds a component version. */
export interface HoldingRelease {
  readonly releaseId: string;
  readonly model: string;
  readonly createdAtMs: number;
  /** Where the release has it. */
  readonly components: readonly string[];
}

export interface RecallRecord {
  readonly sha256: Sha256;
  readonly kind: string;
  /** null where it was not recalled. */
  readonly recalled: { readonly atMs: number; readonly by: string; readonly reason: string } | null;
  readonly releases: readonly HoldingRelease[];
}

/** Recalled component versions, and the releases that hold them. */
export class Recalls {
  constructor(private readonly dataSource: DataSource) {}

  transaction<T>(work: (unit: RecallUnit) => Promise<T>): Promise<T> {
    return this.dataSource.transaction((manager) => work(new RecallUnit(manager)));
  }

  /** For work that is part of another's transaction. */
  unit(manager: EntityManager): RecallUnit {
    return new RecallUnit(manager);
  }

  /** null where there is no such version. */
  async find(sha256: Sha256): Promise<RecallRecord | null> {
    const versions: { kind: string; at: Date | null; by: string | null; reason: string | null }[] = await this.dataSource.query(
      `SELECT kind, recalled_at AS at, recalled_by AS "by", recall_reason AS reason FROM signalbox.component_version WHERE sha256 = $1`,
      [sha256],
    );
    const [version] = versions;
    if (!version) return null;
    const releases: (Omit<HoldingRelease, 'createdAtMs'> & { at: Date })[] = await this.dataSource.query(
      `SELECT r.id AS "releaseId", r.model, r.created_at AS at, array_agg(c.component ORDER BY c.component) AS components
       FROM signalbox.release_component AS c JOIN signalbox.release AS r ON r.id = c.release_id
       WHERE c.sha256 = $1 GROUP BY r.id ORDER BY r.created_at DESC, r.id`,
      [sha256],
    );
    return {
      sha256,
      kind: version.kind,
      recalled: version.at && { atMs: version.at.getTime(), by: version.by ?? '', reason: version.reason ?? '' },
      releases: releases.map(({ at, ...release }) => ({ ...release, createdAtMs: at.getTime() })),
    };
  }
}
