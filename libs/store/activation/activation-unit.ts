import { type EntityManager } from 'typeorm';
import { type Sha256 } from '#libs/release/component';
import { type CompatibilityRecord, type SetPair } from '#libs/governance/compatibility/decide-compatibility';
import { type ReleaseManifest } from '#libs/release/manifest';
import { appendAudit, type AuditEntry } from '../audit/audit-log.ts';
import { type NewRelease, saveRelease } from '../releases/releases.ts';
import { type ActivationEvent, lastEvent } from './activation-history.ts';
import { type StoredActivation } from './activation-row.ts';
import { type ActivationWrite, type ActivationWritten, lockActivation, writeActivation } from './activation-writer.ts';
import { type RecalledComponent, recalledComponents } from './recalled-components.ts';

export interface KnownRelease {
  readonly model: string;
  readonly manifest: ReleaseManifest;
}

export interface PairKnowledge {
  readonly records: readonly CompatibilityRecord[];
  /** Pairs of releases that have been the stable one of the model. */
  readonly served: readonly SetPair[];
}

/** What a command on an activation reads and writes, in one transaction. */
export class ActivationUnit {
  constructor(readonly manager: EntityManager) {}

  lock(model: string): Promise<StoredActivation | null> {
    return lockActivation(this.manager, model);
  }

  async releases(releaseIds: readonly string[]): Promise<ReadonlyMap<string, KnownRelease>> {
    const rows: (KnownRelease & { id: string })[] = await this.manager.query(`SELECT id, model, manifest FROM signalbox.release WHERE id = ANY($1::text[])`, [releaseIds]);
    return new Map(rows.map(({ id, ...release }) => [id, release]));
  }

  recalled(releaseIds: readonly string[]): Promise<readonly RecalledComponent[]> {
    return recalledComponents(this.manager, releaseIds);
  }

  /** Sizes of the component versions that some releases name, in bytes. */
  async sizesBytes(releaseIds: readonly string[]): Promise<Readonly<Record<Sha256, number>>> {
    const rows: { sha256: Sha256; size: number }[] = await this.manager.query(
      `SELECT DISTINCT v.sha256, v.size_bytes::float8 AS size FROM signalbox.release_component AS c
       JOIN signalbox.component_version AS v USING (sha256) WHERE c.release_id = ANY($1::text[])`,
      [releaseIds],
    );
    return Object.fromEntries(rows.map(({ sha256, size }) => [sha256, size]));
  }

  async knowledgeOf(model: string, { routerSet, expertSet }: SetPair): Promise<PairKnowledge> {
    const records: (Omit<CompatibilityRecord, 'atMs'> & { at: Date })[] = await this.manager.query(
      `SELECT router_set AS "routerSet", expert_set AS "expertSet", verdict, evidence, created_at AS at, created_by AS "by"
       FROM signalbox.compatibility_record WHERE router_set = $1 AND expert_set = $2`,
      [routerSet, expertSet],
    );
    const served: SetPair[] = await this.manager.query(
      `SELECT DISTINCT r.router_set AS "routerSet", r.expert_set AS "expertSet" FROM signalbox.activation_event AS e
       JOIN signalbox.release AS r ON r.id = e.after->>'stable'
       WHERE e.model = $1 AND r.router_set = $2 AND r.expert_set = $3`,
      [model, routerSet, expertSet],
    );
    return { records: records.map(({ at, ...record }) => ({ ...record, atMs: at.getTime() })), served };
  }

  /** The request that began the canary of a release and that promotes it; null where there is none. */
  async changeOf(model: string, releaseId: string): Promise<string | null> {
    const rows: { id: string }[] = await this.manager.query(
      `SELECT id FROM signalbox.change_request WHERE state = 'applying' AND model = $1 AND effect->>'releaseId' = $2 AND effect->'strategy'->>'kind' = 'canary' LIMIT 1`,
      [model, releaseId],
    );
    return rows[0]?.id ?? null;
  }

  lastEvent(model: string): Promise<ActivationEvent | null> {
    return lastEvent(this.manager, model);
  }

  async saveRelease(release: NewRelease): Promise<void> {
    await saveRelease(this.manager, release);
  }

  write(write: ActivationWrite): Promise<ActivationWritten> {
    return writeActivation(this.manager, write);
  }

  /** Last of all: see appendAudit. */
  append(entry: AuditEntry): Promise<void> {
    return appendAudit(this.manager, entry);
  }
}
