import { type DataSource, type EntityManager } from 'typeorm';
import { type ComponentKind, type ComponentName, type Sha256, parseComponentName } from '#libs/release/component';
import { expertSetDigest, routerSetDigest } from '#libs/release/component-sets';
import { type ReleaseManifest } from '#libs/release/manifest';
import { type ReleaseKind } from '#libs/release/release-diff';
import { activateFirst } from '../activation/first-activation.ts';
import { appendAudit, type AuditEntry } from '../audit/audit-log.ts';
import { keepComponents } from '../registry/component-lock.ts';
import { ActivationEntity, ReleaseEntity } from './release.entity.ts';

export interface StoredRelease {
  readonly releaseId: string;
  readonly model: string;
  readonly manifest: ReleaseManifest;
  /** Folder of the checkpoint, or `composed`. */
  readonly importedFrom: string;
  readonly createdAtMs: number;
  /** Where it comes from; null where that was not written down. */
  readonly origin: ReleaseOrigin | null;
}

/** What a release was made of and why. */
export interface ReleaseOrigin {
  /** null for the first release of a model. */
  readonly parentRelease: Sha256 | null;
  /** What it changes against its parent; null without one. */
  readonly kind: ReleaseKind | null;
  /** The same in words. */
  readonly summary: string;
  /** Account that made it. */
  readonly createdBy: string;
  readonly note: string;
}

export interface Activation {
  readonly model: string;
  readonly stableRelease: string;
  readonly previousRelease: string | null;
  /** Counts the writes of this pointer, from 1. */
  readonly generation: number;
  readonly updatedAtMs: number;
}

export interface NewRelease extends Omit<StoredRelease, 'origin'> {
  readonly origin?: ReleaseOrigin;
  /** Size of every component version that the manifest names. */
  readonly sizesBytes: Readonly<Record<Sha256, number>>;
}

export interface ReleasePage {
  readonly model: string | null;
  readonly after: { readonly createdAtMs: number; readonly releaseId: string } | null;
  readonly limit: number;
}

export type SaveOutcome = 'saved-and-activated' | 'saved' | 'already-saved';

/** `importedFrom` of a release that was put together of versions that are there. */
export const COMPOSED = 'composed';

/** Releases, their component versions and which of them serves each model. */
export class Releases {
  constructor(private readonly dataSource: DataSource) {}

  /** saveRelease and its audit entry, in a transaction of their own; a release that is there already changes nothing. */
  async save(release: NewRelease, audit: AuditEntry): Promise<SaveOutcome> {
    return this.dataSource.transaction(async (manager) => {
      const outcome = await saveRelease(manager, release);
      if (outcome !== 'already-saved') await appendAudit(manager, audit);
      return outcome;
    });
  }

  async find(releaseId: string): Promise<StoredRelease | null> {
    const row = await this.dataSource.manager.findOneBy(ReleaseEntity, { id: releaseId });
    return row && toRelease(row);
  }

  /** Newest first. */
  async list(limit: number, model: string | null = null): Promise<readonly StoredRelease[]> {
    const rows = await this.dataSource.manager.find(ReleaseEntity, {
      where: model === null ? {} : { model },
      order: { createdAt: 'DESC', id: 'ASC' },
      take: limit,
    });
    return rows.map(toRelease);
  }

  /** Newest first, then by id; `after` is the last of the page before. */
  async page({ model, after, limit }: ReleasePage): Promise<readonly StoredRelease[]> {
    const older = this.dataSource.manager
      .createQueryBuilder(ReleaseEntity, 'release')
      .orderBy('release.createdAt', 'DESC')
      .addOrderBy('release.id', 'ASC')
      .limit(limit);
    if (model !== null) older.andWhere('release.model = :model', { model });
    if (after !== null) older.andWhere('(release.createdAt < :at OR (release.createdAt = :at AND release.id > :id))', { at: new Date(after.createdAtMs), id: after.releaseId });
    return (await older.getMany()).map(toRelease);
  }

  /** Size in bytes of each component of a release, by component name; empty when there is no such release. */
  async componentSizes(releaseId: string): Promise<Readonly<Record<ComponentName, number>>> {
    const rows: { component: ComponentName; size: number }[] = await this.dataSource.query(
      `SELECT c.component, v.size_bytes::float8 AS size FROM signalbox.release_component AS c
       JOIN signalbox.component_version AS v USING (sha256) WHERE c.release_id = $1 ORDER BY c.component`,
      [releaseId],
    );
    return Object.fromEntries(rows.map(({ component, size }) => [component, size]));
  }

  async activation(model: string): Promise<Activation | null> {
    const row = await this.dataSource.manager.findOneBy(ActivationEntity, { model });
    return row && toActivation(row);
  }

  /** One for each model that serves, by name. */
  async activations(): Promise<readonly Activation[]> {
    const rows = await this.dataSource.manager.find(ActivationEntity, { order: { model: 'ASC' } });
    return rows.map(toActivation);
  }
}

/**
 * Saves a release with its component versions, as part of another's transaction, which also appends the
 * audit entry. The first release of a model becomes its stable one; later ones must be activated. A
 * release that is there already changes nothing. One that is `COMPOSED` brings no versions: all must be there.
 * @throws Error naming the component whose size is not given, whose name is none or whose version is not there
 */
export async function saveRelease(manager: EntityManager, release: NewRelease): Promise<SaveOutcome> {
  const { manifest, origin } = release;
  const components = Object.entries(manifest.components).map(([component, sha256]) => ({
    component,
    sha256,
    kind: kindOf(component),
    sizeBytes: sizeOf(release, component, sha256),
  }));
  const createdAt = new Date(release.createdAtMs);
  await keepComponents(manager);
  const inserted: unknown[] = await manager.query(
    `INSERT INTO signalbox.release
       (id, model, manifest, imported_from, created_at, parent_release, kind, summary, created_by, note, router_set, expert_set)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (id) DO NOTHING RETURNING id`,
    [
      release.releaseId, release.model, JSON.stringify(manifest), release.importedFrom, createdAt,
      origin?.parentRelease ?? null, origin?.kind ?? null, origin?.summary ?? null, origin?.createdBy ?? null, origin?.note ?? null,
      routerSetDigest(manifest), expertSetDigest(manifest),
    ],
  );
  if (inserted.length === 0) return 'already-saved';
  if (release.importedFrom === COMPOSED) await requireStored(manager, components);
  // Sorted, so that two imports that share versions lock them in the same order.
  else await manager.query(
    `INSERT INTO signalbox.component_version (sha256, kind, size_bytes, created_at)
     SELECT DISTINCT ON (sha256) sha256, kind, size_bytes, $4::timestamptz
     FROM unnest($1::text[], $2::text[], $3::bigint[]) AS version(sha256, kind, size_bytes)
     ORDER BY sha256 ON CONFLICT (sha256) DO NOTHING`,
    [components.map(({ sha256 }) => sha256), components.map(({ kind }) => kind), components.map(({ sizeBytes }) => sizeBytes), createdAt],
  );
  await manager.query(
    `INSERT INTO signalbox.release_component (release_id, component, sha256)
     SELECT $1, * FROM unnest($2::text[], $3::text[])`,
    [release.releaseId, components.map(({ component }) => component), components.map(({ sha256 }) => sha256)],
  );
  const first = { model: release.model, releaseId: release.releaseId, atMs: release.createdAtMs, actor: origin?.createdBy ?? 'system' };
  return (await activateFirst(manager, first)) ? 'saved-and-activated' : 'saved';
}

/** A version that was deleted a moment ago must not come back as a row without its file. */
async function requireStored(manager: EntityManager, components: readonly { readonly component: string; readonly sha256: Sha256 }[]): Promise<void> {
  const rows: { sha256: Sha256 }[] = await manager.query('SELECT sha256 FROM signalbox.component_version WHERE sha256 = ANY($1::text[])', [components.map(({ sha256 }) => sha256)]);
  const known = new Set(rows.map(({ sha256 }) => sha256));
  const missing = components.find(({ sha256 }) => !known.has(sha256));
  if (missing) throw new Error(`components.${missing.component}: the registry holds no version ${missing.sha256}; it may just have been deleted`);
}

function kindOf(component: string): ComponentKind {
  const parsed = parseComponentName(component);
  if (!parsed) throw new Error(`components.${component} is no component name`);
  return parsed.kind;
}

function sizeOf(release: NewRelease, component: string, sha256: Sha256): number {
  const size = release.sizesBytes[sha256];
  if (size === undefined) throw new Error(`sizesBytes has no entry for ${component} (${sha256})`);
  return size;
}

function toRelease(row: ReleaseEntity): StoredRelease {
  return {
    releaseId: row.id,
    model: row.model,
    manifest: row.manifest,
    importedFrom: row.importedFrom,
    createdAtMs: row.createdAt.getTime(),
    origin: row.createdBy === null ? null : {
      parentRelease: row.parentRelease,
      kind: row.kind,
      summary: row.summary ?? '',
      createdBy: row.createdBy,
      note: row.note ?? '',
    },
  };
}

function toActivation({ updatedAt, ...same }: ActivationEntity): Activation {
  return { ...same, updatedAtMs: updatedAt.getTime() };
}
